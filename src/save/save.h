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

struct save_options {
	unsigned
		level; /* makedumpfile's -d bits: 1 zero, 2 cache, 4 private cache, 8 user, 16 free */
	enum codec_id codec;
	int codec_level;  /* 0: the codec's default for dumps */
	unsigned threads; /* 0: one for each CPU this process may use; 1: no thread is started */
	bool dry_run;	  /* select and count, write nothing */
	bool flattened;	  /* the sink need not seek */
	struct progress *progress; /* may be NULL */
};

struct save_result {
	uint64_t ram_pages;			/* memory that exists */
	uint64_t class_pages[PAGE_CLASS_COUNT]; /* of those, by class */
	uint64_t zero_pages;		/* found among the pages to be written (level bit 1) */
	uint64_t kept_pages;		/* with a page_desc */
	uint64_t lost_pages;		/* wanted, but the source had them damaged or cut */
	uint64_t source_excluded_pages; /* left out by whoever wrote the source */
	uint64_t bytes;			/* written */
	uint64_t excluded_by_level[32]; /* dry run: pages each level would keep */
	bool incomplete;		/* the sink ended first; what is there is readable */
	char warning[200];		/* of the self-check; "" when all is well */
};

/*
 * Pages that cannot be classified are kept. Where the kernel cannot be understood at all (k NULL), everything but zero
 * pages is kept and the warning says so: a large dump is better than none. -ENOSPC: incomplete is set, the header says so,
 * and the part that is there is readable.
 */
int save_dump(struct dumpfile *d, struct kernel *k, const struct save_options *o, struct sink *s,
	      struct save_result *ret, struct error *e) _must_check_;
