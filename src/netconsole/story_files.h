/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The file that a receiver wrote of a host, with those it was rotated to, as a story. */
#include "base/error.h"
#include "netconsole/story_host.h"

#define STORY_LINE_MAX KIB(64) /* what is longer is cut */
#define STORY_FILES_MAX 1000

struct story_read {
	struct story_list list;
	char name[128]; /* the address that the file is called after */
	size_t files;
	uint64_t lines, odd; /* lines that are none of a receiver's */
};

/*
 * host: an address, or a name, whose addresses are tried. -ENOENT: nothing was received of it. Entries before since_us are left
 * out.
 */
int story_read(const char *dir, const char *host, uint64_t since_us, struct story_read *ret,
	       struct error *e) _must_check_;
void story_read_done(struct story_read *r);
