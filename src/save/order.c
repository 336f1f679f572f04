/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/order.h"

#include <errno.h>
#include <stdlib.h>

static int by_rank(const void *a, const void *b)
{
	const struct order_start *x = a, *y = b;

	return x->rank < y->rank ? -1 : x->rank > y->rank;
}

int order_plan_init(struct order_plan *p)
{
	uint64_t pfn = p->first_pfn, index = 0;

	p->starts = calloc(p->worth_count + 1, sizeof(*p->starts));
	if (!p->starts)
		return -ENOMEM;
	for (size_t i = 0; i < p->worth_count; i++) {
		const struct page_run *run = &p->worth[i];
		struct order_start *s = &p->starts[i];

		s->pfn = MIN(MAX(run->pfn, pfn), p->end_pfn);
		s->end = MIN(MAX(run->pfn + run->pages, s->pfn), p->end_pfn);
		index += bitmap_count(p->kept, pfn, s->pfn - pfn);
		pfn = s->pfn;
		s->index = index;
		s->rank = run->rank;
	}
	qsort(p->starts, p->worth_count, sizeof(*p->starts), by_rank);
	return 0;
}

void order_plan_done(struct order_plan *p)
{
	free(p->starts);
	p->starts = NULL;
}

static const struct bitmap *wanted(const struct order_plan *p)
{
	return p->todo ? p->todo : p->kept;
}

struct order order_begin(const struct order_plan *p)
{
	struct order o = { .plan = p, .rest = !p->worth_count, .pfn = p->first_pfn };

	if (!o.rest) {
		o.pfn = p->starts[0].pfn;
		o.index = p->starts[0].index;
	}
	return o;
}

/* [*ret_pfn, *ret_end) is the next run of kept pages that are worth most. */
static bool next_worth(struct order *o, uint64_t *ret_pfn, uint64_t *ret_end)
{
	const struct order_plan *p = o->plan;

	while (o->next < p->worth_count) {
		uint64_t end = p->starts[o->next].end;
		uint64_t pfn = o->pfn < end ? bitmap_next_set(wanted(p), o->pfn) : end;

		if (pfn < end) {
			*ret_pfn = pfn;
			*ret_end = MIN(bitmap_next_clear(wanted(p), pfn), end);
			return true;
		}
		if (++o->next < p->worth_count) {
			o->pfn = p->starts[o->next].pfn;
			o->index = p->starts[o->next].index;
		}
	}
	return false;
}

/* The same of all others. */
static bool next_rest(struct order *o, uint64_t *ret_pfn, uint64_t *ret_end)
{
	const struct order_plan *p = o->plan;
	uint64_t pfn = bitmap_next_set(wanted(p), o->pfn), end;

	for (; o->next < p->worth_count; o->next++) {
		const struct page_run *run = &p->worth[o->next];

		if (pfn < run->pfn)
			break;
		if (pfn < run->pfn + run->pages)
			pfn = bitmap_next_set(wanted(p), MIN(run->pfn + run->pages, p->kept->bits));
	}
	if (pfn >= p->end_pfn)
		return false;
	end = MIN(bitmap_next_clear(wanted(p), pfn), p->end_pfn);
	if (o->next < p->worth_count)
		end = MIN(end, p->worth[o->next].pfn);
	*ret_pfn = pfn;
	*ret_end = end;
	return true;
}

bool order_next(struct order *o, uint64_t most, struct order_span *ret)
{
	uint64_t pfn, end;

	if (!o->rest && !next_worth(o, &pfn, &end))
		*o = (struct order){ .plan = o->plan, .rest = true, .pfn = o->plan->first_pfn };
	if (o->rest && !next_rest(o, &pfn, &end))
		return false;
	end = MIN(end, pfn + most);
	o->index += bitmap_count(o->plan->kept, o->pfn, pfn - o->pfn);
	*ret = (struct order_span){ .pfn = pfn, .pages = end - pfn, .index = o->index };
	o->index += end - pfn;
	o->pfn = end;
	return true;
}
