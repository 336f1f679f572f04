/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * From a dump to a smaller dump: which pages, in which codec, to which sink.
 */
#include "base/progress.h"
#include "base/sink.h"
#include "dumpfile/codec.h"
#include "kernel/kernel.h"
#include "kernel/page.h"
#include "save/select.h"

struct save_options {
	unsigned level; /* LEVEL_* bits */
	enum codec_id codec;
	int codec_level;  /* 0: the codec's default for dumps */
	unsigned threads; /* 0: one for each CPU this process may use; 1: no thread is started */
	bool dry_run;	  /* select and count, write nothing: the sink may be NULL */
	struct progress *progress; /* may be NULL; counts pages */
};

/* What a dump of one level would be, as far as a sample of its pages tells. */
struct save_estimate {
	uint64_t kept_pages; /* exact */
	uint64_t zero_pages; /* of those; estimated */
	uint64_t raw_bytes;  /* of the pages that are not zero; estimated */
	uint64_t bytes;	     /* of the file; estimated */
};

struct save_result {
	unsigned level;	    /* used: below the asked one where the self-check made it so */
	unsigned threads;   /* that did the work */
	uint64_t ram_pages; /* memory that exists */
	uint64_t class_pages[PAGE_CLASS_COUNT]; /* of those, by class */
	uint64_t zero_pages;			/* found among the kept pages (level bit 1) */
	uint64_t kept_pages;			/* with a page_desc */
	uint64_t lost_pages; /* of those, damaged or cut in the source: their desc is empty */
	uint64_t source_excluded_pages;		    /* left out by whoever wrote the source */
	uint64_t bytes;				    /* written */
	struct save_estimate levels[LEVEL_ALL + 1]; /* dry run */
	uint64_t sample_pages;			    /* dry run: what the estimates rest on */
	bool incomplete;   /* the sink ended first; what is there is readable */
	char warning[200]; /* of the self-check; "" when all is well */
};

/*
 * Pages that cannot be classified are kept. Where the kernel cannot be understood at all (k NULL), everything but zero
 * pages is kept and the warning says so: a large dump is better than none. -ENOSPC: incomplete is set, the header says so,
 * and the part that is there is readable. *ret is set in that case and on success. The sink must be seekable: flat_write_new()
 * makes one of a stream.
 */
int save_dump(struct dumpfile *d, struct kernel *k, const struct save_options *o, struct sink *s,
	      struct save_result *ret, struct error *e) _must_check_;
