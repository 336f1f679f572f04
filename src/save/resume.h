/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A dump that was cut short or damaged is made whole where it is, from the dump it was made of.
 *
 * Nothing in the file is believed. Each page that it seems to have is unpacked and compared with the source; those that are the
 * same stay, the others are written behind them. Headers and bitmaps are those that save_dump() would write, or, where the file was
 * written by another program or with a choice of pages that cannot be known, its own: whichever explains more of its pages. At each
 * moment the file is at least as good as before, and can be resumed again: data is on the disk before a page_desc leads to it.
 */
#include "save/save.h"

struct resume_options {
	struct save_options
		save; /* level and codec where the file does not tell; threads, worth, progress */
	bool level_given; /* then it must be the file's, too */
};

struct resume_result {
	struct save_result
		save; /* as of one save; bytes: written now. incomplete: it is still to be resumed */
	uint64_t proved_pages;	 /* had the source's content */
	uint64_t unproved_pages; /* readable here, but not in the source: left as they were */
	uint64_t missing_pages;	 /* were not there */
	uint64_t damaged_pages;	 /* were there with other content, or none */
	uint64_t written_pages;	 /* so many of both */
	bool own_head;		 /* the file's own bitmaps */
	uint64_t head_bytes; /* written anew: headers and bitmaps that were missing or damaged */
};

/*
 * fd is open for reading and writing, name for messages. -EINVAL: not of this source, or nothing in it shows that it is; -EEXIST: it says
 * that it was made in another way. *ret is set on success, and where the sink ended first (save.incomplete).
 */
int resume_dump(struct dumpfile *d, struct kernel *k, const struct resume_options *o, int fd,
		const char *name, struct resume_result *ret, struct error *e) _must_check_;
