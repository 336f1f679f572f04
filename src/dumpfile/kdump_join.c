/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/kdump_join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dumpfile/kdump.h"
#include "dumpfile/kdump_write.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "descs are written as they are");

#define DESCS 4096 /* copied at once */
#define ARENA MIB(1)

struct part {
	struct dumpfile *dump;
	const struct kdump *k;
	uint64_t first, end; /* pfns */
	uint64_t descs;
};

struct join {
	struct part *parts; /* sorted by first */
	size_t count;
	struct sink *sink;
	struct progress *progress;
	uint64_t max_pfn, next_data, next_desc;
	uint32_t page_size;
	struct kdump_desc zero; /* what pages of zeros share; offset 0: none yet */
	struct kdump_desc *descs;
	uint8_t *arena;
	struct kdump_joined done;
};

/* Set bits below pfn, which may be one past the last. */
static uint64_t rank_at(const struct kdump *k, uint64_t pfn)
{
	if (!pfn)
		return 0;
	return kdump_rank(k, pfn - 1) + kdump_bits_get(&k->kept, pfn - 1);
}

static int by_first(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	return x->first < y->first ? -1 : x->first > y->first;
}

static int part_init(struct part *p, struct dumpfile *d, struct error *e)
{
	const struct kdump *k = d->format;

	if (d->ops != &kdump_ops || k->big_endian || d->info.header_version < 2)
		return error_set(e, -EINVAL, "%s: no part of a split dump", d->name);
	*p = (struct part){ .dump = d, .k = k, .first = k->first_pfn };
	p->end = MAX(MIN(k->end_pfn, d->info.max_pfn), p->first);
	if (k->kept.bits < d->info.max_pfn || p->first > d->info.max_pfn)
		return error_set(e, -EINVAL, "%s: its bitmaps are cut off", d->name);
	p->descs = rank_at(k, p->end) - rank_at(k, p->first);
	return 0;
}

/* Are two parts of one dump? */
static bool is_same(const struct part *a, const struct part *b)
{
	if (a->dump->info.max_pfn != b->dump->info.max_pfn ||
	    a->dump->info.page_size != b->dump->info.page_size ||
	    a->k->desc_offset != b->k->desc_offset ||
	    strcmp(a->dump->info.release, b->dump->info.release) != 0)
		return false;
	for (uint64_t pfn = 0; pfn < a->dump->info.max_pfn; pfn += 64)
		if (kdump_bits_word(&a->k->kept, pfn) != kdump_bits_word(&b->k->kept, pfn))
			return false;
	return true;
}

static int check_parts(struct join *j, struct error *e)
{
	uint64_t next = 0;

	qsort(j->parts, j->count, sizeof(*j->parts), by_first);
	for (size_t i = 0; i < j->count; i++) {
		const struct part *p = &j->parts[i];

		if (!is_same(&j->parts[0], p))
			return error_set(e, -EINVAL, "%s: is not of the same dump as %s",
					 p->dump->name, j->parts[0].dump->name);
		if (p->first == p->end)
			continue;
		if (p->first < next)
			return error_set(e, -EINVAL,
					 "%s: another part has pages %#llx to %#llx too",
					 p->dump->name, (unsigned long long)p->first,
					 (unsigned long long)MIN(next, p->end));
		if (p->first > next)
			break;
		next = p->end;
	}
	/* What nobody kept needs no part. */
	if (next < j->max_pfn && rank_at(j->parts[0].k, j->max_pfn) != rank_at(j->parts[0].k, next))
		return error_set(e, -EINVAL, "no part has pages %#llx and on",
				 (unsigned long long)next);
	return 0;
}

/* Headers, notes and bitmaps are the same in each part, but for what says that it is one. */
static int copy_head(struct join *j, struct error *e)
{
	static const uint8_t zeros[KDUMP_SUB_VMCOREINFO - KDUMP_SUB_SPLIT];
	const struct part *p = &j->parts[0];
	uint64_t size = p->k->desc_offset;
	int r = 0;

	for (uint64_t at = 0; at < size && r >= 0; at += ARENA) {
		uint64_t n = MIN(ARENA, size - at);

		r = source_read(p->dump->source, j->arena, n, at);
		if (r < 0)
			return error_set(e, r, "%s: headers and bitmaps are cut off",
					 p->dump->name);
		if (!at)
			j->arena[KDUMP_HEADER_STATUS] |= KDUMP_STATUS_INCOMPLETE;
		r = sink_write_at(j->sink, j->arena, n, at, e);
	}
	if (r >= 0)
		r = sink_write_at(j->sink, zeros, sizeof(zeros), j->page_size + KDUMP_SUB_SPLIT, e);
	if (r >= 0)
		r = sink_write_at(j->sink, zeros, 16, j->page_size + KDUMP_SUB_START_PFN_64, e);
	return r < 0 ? r : sink_write_at(j->sink, zeros, 16, j->page_size + KDUMP_SUB_ERASED, e);
}

static bool is_zero(const uint8_t *p, size_t n)
{
	return !p[0] && memcmp(p, p + 1, n - 1) == 0;
}

/* Places a page's bytes at the end of the arena and says so in its desc. */
static void place(struct join *j, const struct part *p, struct kdump_desc *d, size_t *used)
{
	uint8_t *to = j->arena + *used;

	if (!d->offset || !d->size || d->size > j->page_size ||
	    source_read(p->dump->source, to, d->size, d->offset) < 0) {
		*d = (struct kdump_desc){ 0 };
		j->done.lost_pages++;
		return;
	}
	if (!d->flags && d->size == j->page_size && is_zero(to, d->size)) {
		if (j->zero.offset) {
			*d = j->zero;
			return;
		}
		j->zero = (struct kdump_desc){ .offset = j->next_data + *used, .size = d->size };
	}
	d->offset = j->next_data + *used;
	*used += d->size;
}

static int copy_descs(struct join *j, const struct part *p, uint64_t index, size_t n,
		      struct error *e)
{
	size_t used = 0;
	int r = source_read(p->dump->source, j->descs, n * sizeof(*j->descs),
			    p->k->desc_offset + index * sizeof(*j->descs));

	/* A part cut off so early has nothing left of these pages. */
	if (r < 0)
		memset(j->descs, 0, n * sizeof(*j->descs));
	for (size_t i = 0; i < n; i++) {
		if (ARENA - used < j->page_size) {
			r = sink_write_at(j->sink, j->arena, used, j->next_data, e);
			if (r < 0)
				return r;
			j->next_data += used;
			used = 0;
		}
		place(j, p, &j->descs[i], &used);
	}
	r = used ? sink_write_at(j->sink, j->arena, used, j->next_data, e) : 0;
	if (r < 0)
		return r;
	j->next_data += used;
	r = sink_write_at(j->sink, j->descs, n * sizeof(*j->descs), j->next_desc, e);
	j->next_desc += n * sizeof(*j->descs);
	j->done.pages += n;
	progress_add(j->progress, n);
	progress_step(j->progress);
	return r;
}

static int copy_parts(struct join *j, struct error *e)
{
	uint64_t total = 0;
	int r = copy_head(j, e);

	for (size_t i = 0; i < j->count; i++)
		total += j->parts[i].descs;
	j->next_desc = j->parts[0].k->desc_offset;
	j->next_data = j->next_desc + total * sizeof(*j->descs);
	progress_begin(j->progress, PROGRESS_COPYING, total);
	for (size_t i = 0; i < j->count && r >= 0; i++) {
		const struct part *p = &j->parts[i];

		for (uint64_t at = 0; at < p->descs && r >= 0; at += DESCS)
			r = copy_descs(j, p, at, (size_t)MIN((uint64_t)DESCS, p->descs - at), e);
	}
	progress_end(j->progress);
	return r;
}

/* The header again, now that the file is whole. */
static int finish(struct join *j, struct error *e)
{
	uint8_t header[KDUMP_HEADER_SIZE];
	bool incomplete = j->done.lost_pages > 0;
	int r = source_read(j->parts[0].dump->source, header, sizeof(header), 0);

	for (size_t i = 0; i < j->count; i++)
		incomplete |= j->parts[i].dump->info.flags & DUMP_INCOMPLETE;
	if (r < 0)
		return error_errno(e, r, "%s: header", j->parts[0].dump->name);
	header[KDUMP_HEADER_STATUS] =
		(uint8_t)((header[KDUMP_HEADER_STATUS] & ~KDUMP_STATUS_INCOMPLETE) |
			  (incomplete ? KDUMP_STATUS_INCOMPLETE : 0));
	return sink_write_at(j->sink, header, sizeof(header), 0, e);
}

int kdump_join(struct dumpfile *const *parts, size_t count, struct sink *s, struct progress *p,
	       struct kdump_joined *ret, struct error *e)
{
	_cleanup_free_ struct part *list = calloc(count, sizeof(*list));
	_cleanup_free_ struct kdump_desc *descs = calloc(DESCS, sizeof(*descs));
	_cleanup_free_ uint8_t *arena = malloc(ARENA);
	struct join j = { .parts = list, .count = count, .sink = s, .progress = p };
	int r = 0;

	if (!count || !list || !descs || !arena)
		return error_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < count && r >= 0; i++)
		r = part_init(&list[i], parts[i], e);
	if (r < 0)
		return r;
	j.descs = descs;
	j.arena = arena;
	j.max_pfn = list[0].dump->info.max_pfn;
	j.page_size = list[0].dump->info.page_size;
	r = check_parts(&j, e);
	if (r >= 0)
		r = copy_parts(&j, e);
	if (r >= 0)
		r = finish(&j, e);
	if (r >= 0)
		*ret = j.done;
	return r;
}
