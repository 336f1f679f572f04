/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A receiver as people name it: "HOST", "HOST:PORT", "[V6]:PORT", "V6", "V6%INTERFACE"; names are looked up. */
#include "netconsole/sender_path.h"

/* A word taken apart, without looking anything up. host is owned by the caller. */
int sender_receiver_parse(const char *word, char **ret_host, uint16_t *ret_port,
			  struct error *e) _must_check_;

/*
 * The way to the first of its addresses that there is a way to; what is said where there is none is about the first. notes as
 * of sender_path_find().
 */
int sender_receiver_find(const char *word, const struct sender_path_options *o, struct buf *notes,
			 struct sender_path *ret, struct error *e) _must_check_;
