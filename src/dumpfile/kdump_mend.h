/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Inside of the repair: where the pages of a kdump-compressed file are, when its headers and bitmaps may be damaged. What the two
 * headers tell twice is compared, and whatever explains the pages that are there is right.
 */
#include "dumpfile/partial.h"

struct kdump_mended {
	struct kdump_place place;
	uint32_t page_size;
	uint64_t max_pfn;
	uint64_t bitmap_offset, bitmap_size; /* of one of the two */
	uint64_t first_pfn, end_pfn;	     /* of a part of a split dump, else everything */
	struct bitmap kept;
	uint64_t fixed_bits;		   /* of kept, or of the bitmap in front of it */
	struct bitmap exists;		   /* no bits where the file has none of its own */
	uint8_t header[KDUMP_HEADER_SIZE]; /* as it must be */
	uint8_t sub[KDUMP_SUB_SIZE];
	bool fixed_header, fixed_sub;
};

/*
 * -EINVAL with words: no kdump-compressed file, or one in which nothing tells which page is which. What is set is freed by
 * kdump_mended_done().
 */
int kdump_mend(const struct partial *p, struct kdump_mended *ret, struct error *e) _must_check_;
void kdump_mended_done(struct kdump_mended *m);
#define _cleanup_mended_ _cleanup_(kdump_mended_done)

/* Its second part: the header at the second block. Where it leads to no notes, those behind it are meant. */
void kdump_mend_sub(const struct partial *p, struct kdump_mended *m);
