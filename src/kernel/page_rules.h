/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The inside of struct page_rules: offsets and masks for page.c. A rule that vmcoreinfo does not allow has a
 * mask that never matches, so that the scan asks no questions. docs/page-classes.md has the sources.
 */
#include "kernel/page.h"

/* A page type in _mapcount: (mapcount & mask) == value. Absent: mask 0, value 1. */
struct page_type {
	uint32_t mask, value;
};

/* Where the order of a compound page stands, counted from its head's struct page. */
enum order_source {
	ORDER_NONE,  /* not known: a compound page counts as its head alone */
	ORDER_BYTE,  /* a byte at order_offset */
	ORDER_FLAGS, /* the low byte of the second page's flags */
};

struct page_rules {
	uint32_t size; /* SIZE(page) */
	uint32_t flags, mapcount, compound, mapping, private;

	uint64_t
		look; /* flags that are worth a second look; without them, a type or `anon` a page is the kernel's */
	uint64_t anon; /* of page.mapping; 0 where anonymous pages cannot be told from others */
	uint64_t tail; /* of the word at compound; 0 where tails cannot be told */
	uint64_t head; /* PG_head_mask */
	uint64_t lru, swapcache;
	uint64_t private_flag; /* 0: not known, so that every cache page may have private data */
	uint64_t hwpoison, slab;

	struct page_type buddy, unaccepted, offline, hugetlb, slab_type;
	unsigned max_order; /* orders of free blocks are below it: LENGTH(zone.free_area) */

	enum order_source order_source;
	uint32_t order_offset;
	uint32_t
		hugetlb_offset; /* of the byte that is hugetlb_dtor in a hugetlb page; 0: no such byte */
	uint8_t hugetlb_dtor;
	uint64_t hugetlb_flag; /* in the second page's flags */
};
