/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which codec and level ends a dump soonest where it goes at so many bytes a second. A page takes as long as compressing and
 * writing it one after the other: so it is where one thread writes to a pipe. Where both go on at the same time, the choice is
 * a tenth from the best at most; to count on that where it is not so, or where others use the CPUs too, costs several times as
 * much. What is fast to compress is large to write, and the other way round; each codec's time and size are those of a sample of
 * the dump's pages.
 */
#include "save/save.h"

#define RATE_RUNGS_MAX 8

struct rate_rung {
	const struct codec *codec;
	int level;
	double page_seconds; /* of CPU */
	double page_bytes;
};

/* From fast to small. */
struct rate {
	struct rate_rung rungs[RATE_RUNGS_MAX];
	size_t count; /* 0: there is no choice */
};

/* Some pages of kept are compressed by each of what the options allow: less than 0.1 s. -ENOMEM. */
int rate_measure(struct dumpfile *d, const struct bitmap *kept, const struct save_options *o,
		 struct rate *ret, struct error *e) _must_check_;

/* count is not 0. Of what takes as long the smallest. */
const struct rate_rung *rate_choose(const struct rate *r, uint64_t bytes_per_second,
				    unsigned threads);
