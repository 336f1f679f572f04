/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/eraser.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"

/* A list of a million objects, each with a few fields. */
#define RANGES_MAX ((size_t)1 << 22)

struct range {
	uint64_t start, end; /* physical; within one page */
	uint8_t fill;
};

struct eraser {
	struct range *ranges; /* sorted by start after eraser_sort() */
	size_t count;
	uint32_t page_size;
	struct buf text;
};

struct eraser *eraser_new(uint32_t page_size)
{
	struct eraser *x = calloc(1, sizeof(*x));

	if (x)
		x->page_size = page_size;
	return x;
}

struct eraser *eraser_free(struct eraser *x)
{
	if (!x)
		return NULL;
	buf_done(&x->text);
	free(x->ranges);
	free(x);
	return NULL;
}

static int add_in_page(struct eraser *x, uint64_t start, uint64_t end, uint8_t fill)
{
	if (x->count == RANGES_MAX)
		return -E2BIG;
	if ((x->count & (x->count - 1)) == 0) {
		size_t n = x->count ? x->count * 2 : 1;
		struct range *p = reallocarray(x->ranges, n, sizeof(*p));

		if (!p)
			return -ENOMEM;
		x->ranges = p;
	}
	x->ranges[x->count++] = (struct range){ start, end, fill };
	return 0;
}

int eraser_add(struct eraser *x, uint64_t paddr, uint64_t size, uint8_t fill)
{
	uint64_t end, next;
	int r = 0;

	if (add_overflow(paddr, size, &end))
		return -EINVAL;
	for (uint64_t at = paddr; at < end && r >= 0; at = next) {
		next = MIN(align_down(at, x->page_size) + x->page_size, end);
		r = add_in_page(x, at, next, fill);
	}
	return r;
}

int eraser_note(struct eraser *x, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return n < 0 ? -EINVAL : buf_append(&x->text, line, MIN((size_t)n, sizeof(line) - 1));
}

static int by_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void eraser_sort(struct eraser *x)
{
	if (x->count)
		qsort(x->ranges, x->count, sizeof(*x->ranges), by_start);
}

/* The first range that starts at or above paddr: none reaches across the start of a page. */
static size_t find(const struct eraser *x, uint64_t paddr)
{
	return search_first(i, x->count, x->ranges[i].start >= paddr);
}

uint64_t eraser_next(const struct eraser *x, uint64_t pfn)
{
	size_t i;

	if (!x)
		return UINT64_MAX;
	i = find(x, pfn * x->page_size);
	return i < x->count ? x->ranges[i].start / x->page_size : UINT64_MAX;
}

void eraser_apply(const struct eraser *x, uint64_t pfn, uint8_t *page, size_t page_size)
{
	uint64_t start = pfn * x->page_size;

	for (size_t i = find(x, start); i < x->count; i++) {
		const struct range *r = &x->ranges[i];

		if (r->start >= start + page_size)
			break;
		memset(page + (r->start - start), r->fill, r->end - r->start);
	}
}

const char *eraser_text(const struct eraser *x, size_t *ret_len)
{
	*ret_len = x->text.len;
	return x->text.data;
}
