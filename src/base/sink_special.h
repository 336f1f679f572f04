/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Sinks for special ends: one that takes no more than so many bytes, one that keeps nothing.
 */
#include "base/sink.h"

/* Passes on what ends at or below limit, and -EFBIG for the rest. Takes inner, which is closed with the new sink. -ENOMEM. */
int sink_limit_new(struct sink *inner, uint64_t limit, struct sink **ret,
		   struct error *e) _must_check_;

/* Seekable, takes everything. name is borrowed. -ENOMEM. */
int sink_null_new(const char *name, struct sink **ret, struct error *e) _must_check_;
