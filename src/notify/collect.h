/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The dumps of this machine, at every place where its configuration puts them and that can be looked at now. */
#include "arm/config/config.h"
#include "base/root.h"
#include "notify/dump.h"

#define NOTIFY_DUMPS_MAX 4096

struct notify_dumps {
	struct notify_dump
		*items; /* oldest first; one for each crash, with the best that any place has */
	size_t count;
	struct buf notes; /* lines: places that could not be looked at, and why */
};

int notify_collect(const struct root *root, const struct config *c, struct notify_dumps *ret,
		   struct error *e) _must_check_;
void notify_dumps_done(struct notify_dumps *d);
