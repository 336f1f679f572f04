/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The names of a page's flags in this kernel: its enum pageflags. */
#include "inspect/command.h"

#define PAGEFLAGS_MAX 64
#define PAGEFLAGS_TEXT 600

struct pageflag {
	const char *name; /* "PG_locked"; lives as long as the types */
	unsigned bit;
};

struct pageflags {
	struct pageflag flag[PAGEFLAGS_MAX]; /* in the kernel's order; several may share a bit */
	size_t count;
};

/* -ENOENT where the dump does not tell. */
int pageflags_read(struct inspect *c, struct pageflags *ret, struct error *e) _must_check_;

/* "referenced,uptodate,lru": the first name of each bit that is set. */
void pageflags_text(const struct pageflags *f, uint64_t flags, char ret[PAGEFLAGS_TEXT]);
