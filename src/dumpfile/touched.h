/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which pages of a dump somebody has read: what a report read is what explains a crash, and is worth saving first.
 */
#include "dumpfile/dumpfile.h"

/* Consecutive pages, read one after the other. */
struct page_run {
	uint64_t pfn;
	uint64_t pages;
	uint64_t rank; /* by when they were read first */
};

struct touched;

/* Room for so many pages; those read after that are not noted. Children of the process note in the same room. -ENOMEM. */
int touched_new(uint32_t pages, struct touched **ret) _must_check_;
struct touched *touched_free(struct touched *t);
DEFINE_CLEANUP(struct touched *, touched_free)

/* From now on what any reader lends is noted in t, which outlives that; NULL ends it. No other thread reads meanwhile. */
void dumpfile_watch(struct dumpfile *d, struct touched *t);

/* Sorted by pfn, disjoint; the caller's to free. -ENOMEM. */
int touched_runs(const struct touched *t, struct page_run **ret, size_t *ret_count) _must_check_;

/* Inside of the room: n pages were lent. */
void touched_add(struct touched *t, uint64_t pfn, uint64_t n);
