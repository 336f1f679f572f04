/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A damaged kdump-compressed file becomes one that readers take, without its source: what cannot be proved by the file itself is lost,
 * and the header says "incomplete".
 *
 * A page is believed where its page_desc leads to data that unpacks to a page, and no other desc leads into the same data (pages of
 * zeros share one). Damage inside the data of a page is found by zlib alone: the other codecs have no checksum.
 */
#include "base/progress.h"
#include "dumpfile/partial.h"

struct kdump_repaired {
	uint64_t pages;		 /* with a desc */
	uint64_t whole_pages;	 /* of those */
	uint64_t missing_pages;	 /* never written, or past the file's end */
	uint64_t damaged_pages;	 /* desc or data are no page's */
	uint64_t doubtful_pages; /* another desc leads to the same data */
	uint64_t fixed_bits;	 /* of the bitmaps */
	bool fixed_header;
	bool was_incomplete; /* its header said so */
	bool incomplete;     /* now */
};

/* Writes the repaired dump to s, packed pages as they are. -EINVAL with words: nothing tells which page is which. */
int kdump_repair(const struct partial *p, struct sink *s, struct progress *progress,
		 struct kdump_repaired *ret, struct error *e) _must_check_;

/* The same where the file is: p has a sink. What was right before stays. Nothing is written where nothing is wrong. */
int kdump_repair_in_place(struct partial *p, struct progress *progress, struct kdump_repaired *ret,
			  struct error *e) _must_check_;
