/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which pages of a dump are kept: one scan over the struct pages, in threads, into one bitmap.
 *
 * Whatever is in doubt is kept: memory mem_map does not describe, struct pages that cannot be read, and what a block that
 * claims to reach beyond its 2^18 pages covers there.
 */
#include "base/bitmap.h"
#include "base/progress.h"
#include "kernel/memmap.h"
#include "kernel/page.h"
#include "save/class_sample.h"

/* makedumpfile's -d bits */
#define LEVEL_ZERO (1u << 0)
#define LEVEL_CACHE (1u << 1)
#define LEVEL_CACHE_PRIVATE (1u << 2) /* and PAGE_CACHE with it */
#define LEVEL_USER (1u << 3)
#define LEVEL_FREE (1u << 4)
#define LEVEL_ALL 31u

/* Where the struct pages are and how to read them. NULL: no kernel is understood, every page is kept. */
struct select_kernel {
	struct kernel *kernel;
	const struct memmap *memmap;
	const struct page_rules *rules;
};

/* What to select, and how. */
struct select_job {
	struct dumpfile *dump;
	const struct select_kernel *kernel; /* may be NULL */
	unsigned level;
	unsigned threads;
	bool sample;		   /* some pages of each class but the kernel's */
	struct progress *progress; /* may be NULL */
};

struct selection {
	struct bitmap kept;	      /* one bit a pfn, dump_info.max_pfn of them */
	uint64_t ram_pages;	      /* memory that exists */
	uint64_t kept_pages;	      /* bits in kept */
	uint64_t excluded_pages;      /* by whoever wrote the source */
	uint64_t lost_pages;	      /* of kept, that the source says it cannot give */
	uint64_t unjudged_pages;      /* of kept, whose struct page could not be read */
	struct class_sample *samples; /* PAGE_CLASS_COUNT of them, where they were asked for */
	uint64_t
		class_pages[PAGE_CLASS_COUNT]; /* of what the source has; PAGE_KERNEL is the rest */
};

int select_pages(const struct select_job *j, struct selection *ret, struct error *e) _must_check_;
void selection_done(struct selection *s);

/* Does this level leave pages of this class out? */
bool level_excludes(unsigned level, enum page_class class);

/* Pages that level keeps of those counted, before zero pages are looked for. */
uint64_t selection_kept_at(const struct selection *s, unsigned level);
