/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the kinds of places offer place.c. */
#include "arm/place.h"

/* The first of a host's addresses to which there is a way: p->target.server and p->network. */
int place_find_server(const struct root *root, const char *host, struct place *p,
		      struct error *e) _must_check_;

int place_find_ssh(const struct root *root, const struct config_target *c, struct place *p,
		   struct error *e) _must_check_;

int place_find_nfs(const struct root *root, const struct config_target *c, struct place *p,
		   struct error *e) _must_check_;
