/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The order in which kept pages are written: those that are worth most first, by rank, the others behind them, by pfn. The
 * place of a page's desc does not depend on it.
 */
#include "base/bitmap.h"
#include "dumpfile/touched.h"

/* What does not change while pages are written. */
struct order_plan {
	const struct bitmap *kept;
	const struct bitmap *todo;   /* of those, what is to be written; NULL: all */
	uint64_t first_pfn, end_pfn; /* of kept, what is asked for */
	const struct page_run
		*worth; /* sorted by pfn, disjoint; may name pages that are not kept */
	size_t worth_count;
	struct order_start {
		uint64_t pfn, end, index;
		uint64_t rank;
	} * starts; /* of worth, by rank */
};

/* Where somebody is. A copy goes its own way. */
struct order {
	const struct order_plan *plan;
	bool rest;	/* those worth most are through */
	size_t next;	/* of starts, then of worth */
	uint64_t pfn;	/* where to look */
	uint64_t index; /* of the first kept page at or after pfn, among those asked for */
};

/* Consecutive kept pages; index is that of the first one's desc. */
struct order_span {
	uint64_t pfn;
	uint64_t pages;
	uint64_t index;
};

/* Sets starts from the rest; order_plan_done() frees them. -ENOMEM. */
int order_plan_init(struct order_plan *p) _must_check_;
void order_plan_done(struct order_plan *p);

struct order order_begin(const struct order_plan *p);

/* The next span, of at most `most` pages. False where there are no more. */
bool order_next(struct order *o, uint64_t most, struct order_span *ret);
