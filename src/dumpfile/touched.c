/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/touched.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "dumpfile/format.h"

/* A slot holds a pfn + 1, which has 40 bits where addresses have 52, and above it how many there were before; or 0. */
#define PFN_BITS 40
#define PFN_MASK ((UINT64_C(1) << PFN_BITS) - 1)
#define PAGES_MAX (UINT32_C(1) << (64 - PFN_BITS))

/* A set with open addressing, at most half full. */
struct touched {
	uint64_t size; /* of the mapping */
	uint32_t mask;
	uint32_t room;
	_Atomic uint32_t count;
	_Atomic uint64_t slots[];
};

int touched_new(uint32_t pages, struct touched **ret)
{
	struct touched *t;
	uint32_t slots = 64;
	uint64_t size;

	pages = MIN(pages, PAGES_MAX);
	while (slots / 2 < pages)
		slots *= 2;
	size = sizeof(*t) + slots * sizeof(t->slots[0]);
	t = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (t == MAP_FAILED)
		return -ENOMEM;
	t->size = size;
	t->mask = slots - 1;
	t->room = pages;
	*ret = t;
	return 0;
}

struct touched *touched_free(struct touched *t)
{
	if (t)
		munmap(t, t->size);
	return NULL;
}

void dumpfile_watch(struct dumpfile *d, struct touched *t)
{
	d->watch = t;
}

static void add(struct touched *t, uint64_t pfn)
{
	uint32_t at = (uint32_t)((pfn * UINT64_C(0x9e3779b97f4a7c15)) >> 32);

	for (;; at++) {
		_Atomic uint64_t *slot = &t->slots[at & t->mask];
		uint64_t there = atomic_load_explicit(slot, memory_order_relaxed);
		uint64_t rank = atomic_load_explicit(&t->count, memory_order_relaxed);

		if (!there) {
			if (rank >= t->room)
				return;
			if (atomic_compare_exchange_strong(slot, &there,
							   rank << PFN_BITS | (pfn + 1))) {
				atomic_fetch_add_explicit(&t->count, 1, memory_order_relaxed);
				return;
			}
		}
		if ((there & PFN_MASK) == pfn + 1)
			return;
	}
}

void touched_add(struct touched *t, uint64_t pfn, uint64_t n)
{
	for (uint64_t i = 0; i < n && pfn + i < PFN_MASK; i++)
		add(t, pfn + i);
}

static int by_pfn(const void *a, const void *b)
{
	const struct page_run *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

/* Joins neighbours of n sorted runs of one page each. Returns how many are left. */
static size_t join(struct page_run *runs, size_t n)
{
	size_t last = 0;

	for (size_t i = 1; i < n; i++) {
		if (runs[i].pfn == runs[last].pfn + runs[last].pages &&
		    runs[i].rank == runs[last].rank + runs[last].pages)
			runs[last].pages++;
		else
			runs[++last] = runs[i];
	}
	return n ? last + 1 : 0;
}

int touched_runs(const struct touched *t, struct page_run **ret, size_t *ret_count)
{
	struct page_run *runs = calloc(t->count + 1, sizeof(*runs));
	size_t n = 0;

	if (!runs)
		return -ENOMEM;
	for (uint32_t i = 0; i <= t->mask && n < t->count; i++)
		if (t->slots[i])
			runs[n++] = (struct page_run){ .pfn = (t->slots[i] & PFN_MASK) - 1,
						       .pages = 1,
						       .rank = t->slots[i] >> PFN_BITS };
	qsort(runs, n, sizeof(*runs), by_pfn);
	*ret = runs;
	*ret_count = join(runs, n);
	return 0;
}
