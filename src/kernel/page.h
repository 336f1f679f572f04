/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a struct page says its page is used for, for each generation of the kernel: a table of rules keyed by what
 * vmcoreinfo has, never by version. docs/page-classes.md explains each row.
 */
#include "kernel/kernel.h"

enum page_class {
	PAGE_KERNEL,	    /* anything that must be kept: the default when in doubt */
	PAGE_CACHE,	    /* page cache without private data (-d 2) */
	PAGE_CACHE_PRIVATE, /* page cache with private data (-d 4) */
	PAGE_USER,	    /* anonymous, hugetlb (-d 8) */
	PAGE_FREE,	    /* buddy, unaccepted (-d 16) */
	PAGE_HWPOISON,	    /* never readable: always left out */
	PAGE_OFFLINE,	    /* balloon, hot-unplugged: always left out */
	PAGE_CLASS_COUNT,
};

/* Offsets and constants compiled from vmcoreinfo, once, for the scan over every struct page. */
struct page_rules;

int page_rules_new(const struct vmcoreinfo *v, struct page_rules **ret,
		   struct error *e) _must_check_;
struct page_rules *page_rules_free(struct page_rules *rules);
DEFINE_CLEANUP(struct page_rules *, page_rules_free)

/* One judgement: `pages` pages from the struct page looked at are of this class. */
struct page_verdict {
	enum page_class class;
	uint64_t pages; /* at least 1; a head judges its whole compound or free block */
};

/*
 * Judges the struct page at `page`, whose pfn is pfn; `available` struct pages (at least 1) can be read there in a row.
 * A compound order stands in the second struct page: where available is 1 the head's order is taken from `next`, the
 * next struct page, or NULL where there is none. Orders that make no sense give one page.
 */
struct page_verdict page_judge(const struct page_rules *rules, const void *page, size_t available,
			       const void *next, uint64_t pfn);

/*
 * Judges n struct pages in a row (n * SIZE(page) bytes at pages) and calls emit for each run of one class other than
 * PAGE_KERNEL, in order. A block that reaches beyond the n pages is emitted whole; *ret_next_pfn is the first pfn not yet judged.
 *
 * inside: look into blocks for poisoned pages, too, because some blocks will be read. It begins as zeros, and from call to call
 * holds what is left of a block that reaches beyond the n pages, which is then not emitted whole. NULL: blocks are passed over.
 */
void page_scan(const struct page_rules *rules, const void *pages, size_t n, const void *next,
	       uint64_t pfn, struct page_verdict *inside,
	       void (*emit)(void *user, uint64_t pfn, uint64_t count, enum page_class class),
	       void *user, uint64_t *ret_next_pfn);
