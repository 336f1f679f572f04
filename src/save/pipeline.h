/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * From kept pages to a kdump-compressed file: read, test for zero, compress, write.
 *
 * The kept pages are cut into units of some MiB. A worker takes the next unit under a lock held for the time it takes to
 * count bits, and does everything else on its own: it compresses into an arena of its own and writes arena and descs itself.
 * Nothing is handed from thread to thread, nothing is locked or allocated a page.
 */
#include "base/progress.h"
#include "dumpfile/kdump_write.h"
#include "dumpfile/touched.h"
#include "save/eraser.h"
#include "save/rate.h"

struct pipeline_job {
	struct dumpfile *dump;
	const struct bitmap *kept;    /* pages to write; all have a desc */
	const struct bitmap *todo;    /* of those, the ones that are not there yet; NULL: all */
	uint64_t first_pfn, end_pfn;  /* of kept, what this file holds */
	uint64_t kept_pages;	      /* so many; asked for where there is a rate */
	const struct page_run *worth; /* written first: order.h */
	size_t worth_count;
	struct kdump_writer *writer;
	const struct codec *codec;
	int codec_level;
	const struct rate
		*rate; /* chosen of once the sink has shown what it takes; NULL: codec is for all */
	usec_t (*now)(void);	     /* for that */
	bool share_zeros;	     /* pages of zeros share one: level bit 1 */
	const struct eraser *eraser; /* may be NULL */
	unsigned threads;	     /* at least 1 */
	struct progress *progress;   /* may be NULL; counts pages */
	bool counts_only;	     /* progress_step() is another pipeline's */
};

struct pipeline_result {
	uint64_t zero_pages;
	uint64_t lost_pages;	   /* the dump could not give: their desc stays zero */
	unsigned threads;	   /* that had memory to work with */
	const struct codec *codec; /* of the last pages */
	int codec_level;
	uint64_t bytes_per_second; /* that the sink took; 0: not measured */
};

/* Fails with what the sink failed with; pages written before that are whole. *ret is set then too. */
int pipeline_run(const struct pipeline_job *job, struct pipeline_result *ret,
		 struct error *e) _must_check_;
