/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * From a dump to a smaller dump: which pages, in which codec, to which sink.
 */
#include "base/clock.h"
#include "base/progress.h"
#include "base/sink.h"
#include "dumpfile/codec.h"
#include "dumpfile/touched.h"
#include "kernel/kernel.h"
#include "kernel/page.h"
#include "save/eraser.h"
#include "save/select.h"

enum save_format { SAVE_KDUMP, SAVE_ELF };

/*
 * Room for the dump, and what is said of it. Where a dump does not fit, the level is raised: what is selected is known before
 * anything is written, and a sample tells how it compresses. A full disk begins the dump anew.
 */
struct save_room {
	/* Bytes that the sink takes. needed: room may be made for as many by other means; last: there are no more of ours. */
	uint64_t (*ask)(void *user, uint64_t needed, bool last);
	void (*say)(void *user, const char *text);
	void *user;
};

/* Codec and level are chosen so that the dump is through soonest: rate.h. kdump format only. */
struct save_rate {
	bool wanted;		   /* of one file: the parts of a split dump go by the options */
	bool any_codec;		   /* LZO or zstd; else levels of the codec in the options */
	uint64_t bytes_per_second; /* of where the dump goes; 0: as its first gigabyte shows */
	usec_t (*now)(void);	   /* for that */
};

struct save_options {
	enum save_format
		format; /* SAVE_ELF: uncompressed, zero pages left out; the source must be ELF, too */
	unsigned level; /* LEVEL_* bits */
	enum codec_id codec;
	int codec_level; /* 0: the codec's default for dumps */
	struct save_rate rate;
	unsigned threads;    /* 0: one for each CPU this process may use; 1: no thread is started */
	bool unused_vmemmap; /* leave out the struct pages of what is left out */
	const struct eraser *eraser;  /* may be NULL */
	uint64_t split_pages;	      /* parts begin at a multiple of so many pages, and of 64 */
	const struct page_run *worth; /* pages to write first, sorted; kdump format only */
	size_t worth_count;
	const struct dump_range *without; /* memory that is left out, whatever it is */
	size_t without_count;
	bool dry_run;		      /* select and count, write nothing: the sink may be NULL */
	struct progress *progress;    /* may be NULL; counts pages */
	const struct save_room *room; /* NULL: write until there is none */
};

/* What a dump of one level would be, as far as a sample of its pages tells. */
struct save_estimate {
	uint64_t kept_pages; /* exact */
	uint64_t zero_pages; /* of those; estimated */
	uint64_t raw_bytes;  /* of the pages that are not zero; estimated */
	uint64_t bytes;	     /* of the file; estimated */
};

struct save_result {
	unsigned
		level; /* used: below the asked one where the self-check made it so, above where there was no room */
	enum codec_id codec; /* used, from where on rate was known */
	int codec_level;
	uint64_t bytes_per_second;		/* given or measured; 0: neither */
	unsigned threads;			/* that did the work */
	uint64_t ram_pages;			/* memory that exists */
	uint64_t class_pages[PAGE_CLASS_COUNT]; /* of those, by class */
	uint64_t zero_pages;			/* found among the kept pages (level bit 1) */
	uint64_t kept_pages;	/* with a page_desc; in ELF without those of zeros */
	uint64_t vmemmap_pages; /* of the kernel's, left out by unused_vmemmap */
	uint64_t lost_pages;	/* of those, damaged or cut in the source: their desc is empty */
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

/* As above into `count` sinks, each a part of a split dump with its share of the pages; written at the same time. No ELF. */
int save_dump_split(struct dumpfile *d, struct kernel *k, const struct save_options *o,
		    struct sink *const *sinks, size_t count, struct save_result *ret,
		    struct error *e) _must_check_;
