/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which pages of a file hold what the dump holds that they were made of: each is unpacked and compared.
 */
#include "base/progress.h"
#include "dumpfile/partial.h"

struct prove_job {
	struct dumpfile *dump;
	const struct partial *partial;
	struct kdump_place place;
	const struct bitmap *kept;   /* pages that have a desc in the place, or in other parts */
	uint64_t first_pfn, end_pfn; /* of kept, those of this file */
	unsigned threads;
	struct progress *progress; /* may be NULL; counts pages */
};

struct prove_result {
	uint64_t proved;
	uint64_t unproved; /* readable, but not in the dump */
	uint64_t missing, damaged;
	uint64_t data_end; /* no page of the first two has data at or behind it */
};

/* todo, as many bits as kept has and all clear, gets the pages of the last two kinds. */
int prove_pages(const struct prove_job *j, struct bitmap *todo, struct prove_result *ret,
		struct error *e) _must_check_;

/* The same of some pages that have a desc and are not of zeros: how many there were, and how many are the same. */
int prove_some(const struct prove_job *j, unsigned *ret_tried, unsigned *ret_same,
	       struct error *e) _must_check_;
