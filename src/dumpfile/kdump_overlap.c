/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/kdump_overlap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The file in so many buckets; then as many of these at once as have so many descs: 64 MiB of them. */
#define BUCKETS 4096
#define ENTRIES_MAX ((size_t)1 << 21)
#define DESCS 512

struct entry {
	uint64_t offset, index;
	uint32_t size;
	bool raw;
};

struct overlaps {
	const struct partial *partial;
	const struct kdump_place *place;
	uint32_t page_size;
	uint64_t bucket_size;
	struct bitmap *lost;
	struct entry *entries;
	size_t count, room;
	struct entry last; /* that reaches farthest, of all sorted so far; size 0: none */
	uint64_t found;
	uint64_t zero; /* offset of the page of zeros that was found last */
	bool zero_taken;
};

static int by_offset(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* Calls take with each desc that is not lost. */
static int each(struct overlaps *o,
		void (*take)(struct overlaps *o, const struct kdump_desc *d, uint64_t index,
			     void *user),
		void *user)
{
	struct kdump_desc descs[DESCS];
	int r = 0;

	for (uint64_t at = 0; at < o->place->descs && r >= 0; at += DESCS) {
		size_t n = (size_t)MIN(o->place->descs - at, (uint64_t)DESCS);

		r = partial_descs(o->partial, o->place, at, n, descs);
		for (size_t i = 0; i < n && r >= 0; i++)
			if (!bitmap_get(o->lost, at + i))
				take(o, &descs[i], at + i, user);
	}
	return r;
}

/* Any number of them: one stands for all. */
static bool is_another_zero(struct overlaps *o, const struct kdump_desc *d)
{
	bool again = o->zero_taken;

	if (d->offset != o->zero || d->flags)
		return false;
	o->zero_taken = true;
	return again;
}

static void count(struct overlaps *o, const struct kdump_desc *d, uint64_t index, void *user)
{
	if (!is_another_zero(o, d))
		((uint64_t *)user)[d->offset / o->bucket_size]++;
}

struct span {
	uint64_t start, end;
};

static void collect(struct overlaps *o, const struct kdump_desc *d, uint64_t index, void *user)
{
	const struct span *s = user;

	if (d->offset >= s->start && d->offset < s->end && o->count < o->room &&
	    !is_another_zero(o, d))
		o->entries[o->count++] = (struct entry){ d->offset, index, d->size, !d->flags };
}

static bool is_zero_page(struct overlaps *o, uint64_t offset)
{
	uint8_t page[KIB(64)];

	if (offset == o->zero)
		return true;
	if (o->page_size > sizeof(page) ||
	    source_read(o->partial->source, page, o->page_size, offset) < 0 || page[0] ||
	    memcmp(page, page + 1, o->page_size - 1) != 0)
		return false;
	o->zero = offset;
	return true;
}

/* Pages of zeros share one, which is stored as it is. */
static bool is_shared_zero(struct overlaps *o, const struct entry *a, const struct entry *b)
{
	return a->offset == b->offset && a->raw && b->raw && is_zero_page(o, a->offset);
}

static void lose(struct overlaps *o, const struct entry *x)
{
	o->found += !bitmap_get(o->lost, x->index);
	bitmap_set(o->lost, x->index);
}

static void compare(struct overlaps *o)
{
	if (o->count)
		qsort(o->entries, o->count, sizeof(*o->entries), by_offset);
	for (size_t i = 0; i < o->count; i++) {
		const struct entry *x = &o->entries[i];

		if (o->last.size && x->offset < o->last.offset + o->last.size &&
		    !is_shared_zero(o, &o->last, x)) {
			lose(o, &o->last);
			lose(o, x);
		}
		if (x->offset + x->size > o->last.offset + o->last.size)
			o->last = *x;
	}
	o->count = 0;
}

/* As many buckets at a time as there is room for; one alone may have more, and gets it. */
static int compare_buckets(struct overlaps *o, const uint64_t *buckets)
{
	int r = 0;

	for (unsigned i = 0; i < BUCKETS && r >= 0;) {
		struct span s = { i * o->bucket_size, 0 };
		size_t want = buckets[i++];

		while (i < BUCKETS && want + buckets[i] <= ENTRIES_MAX)
			want += buckets[i++];
		s.end = i * o->bucket_size;
		o->zero_taken = false;
		if (want > o->room) {
			free(o->entries);
			o->entries = calloc(want, sizeof(*o->entries));
			o->room = o->entries ? want : 0;
			if (!o->entries)
				return -ENOMEM;
		}
		r = each(o, collect, &s);
		compare(o);
	}
	return r;
}

int kdump_overlaps(const struct partial *p, const struct kdump_place *place, uint32_t page_size,
		   struct bitmap *lost, uint64_t *ret_count)
{
	_cleanup_free_ uint64_t *buckets = calloc(BUCKETS, sizeof(*buckets));
	struct overlaps o = { .partial = p,
			      .place = place,
			      .page_size = page_size,
			      .lost = lost,
			      .bucket_size = p->source->size / BUCKETS + 1 };
	int r;

	if (!buckets)
		return -ENOMEM;
	/* Where data begins writers put the one that is shared. */
	(void)is_zero_page(&o, place->desc_offset + place->descs * sizeof(struct kdump_desc));
	r = each(&o, count, buckets);
	o.zero_taken = false;
	if (r >= 0)
		r = compare_buckets(&o, buckets);
	free(o.entries);
	*ret_count += o.found;
	return r;
}
