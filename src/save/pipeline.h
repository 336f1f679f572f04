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

struct pipeline_job {
	struct dumpfile *dump;
	const struct bitmap *kept; /* pages to write; all have a desc */
	struct kdump_writer *writer;
	const struct codec *codec;
	int codec_level;
	bool share_zeros;	   /* pages of zeros share one: level bit 1 */
	unsigned threads;	   /* at least 1 */
	struct progress *progress; /* may be NULL; counts pages */
};

struct pipeline_result {
	uint64_t zero_pages;
	uint64_t lost_pages; /* the dump could not give: their desc stays zero */
	unsigned threads;    /* that had memory to work with */
};

/* Fails with what the sink failed with; pages written before that are whole. *ret is set then too. */
int pipeline_run(const struct pipeline_job *job, struct pipeline_result *ret,
		 struct error *e) _must_check_;
