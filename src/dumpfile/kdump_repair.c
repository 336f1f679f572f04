/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/kdump_repair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dumpfile/kdump_mend.h"
#include "dumpfile/kdump_overlap.h"
#include "dumpfile/sink_patch.h"

#define DESCS 4096 /* looked at in one go */
#define ARENA MIB(1)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "descs are written as they are");

struct repair {
	const struct partial *partial;
	struct kdump_mended mended;
	struct unpacker unpacker;
	struct bitmap lost; /* descs that are not believed */
	struct kdump_desc *descs;
	uint8_t *page, *arena;
	struct progress *progress;
	struct kdump_repaired done;

	struct sink *sink;
	uint64_t next;		/* in the new file: where data goes */
	struct kdump_desc zero; /* there, the page that those of zeros share; offset 0: none yet */
};

/* Does each desc lead to a page? */
static int check_descs(struct repair *z, uint64_t at, size_t n)
{
	int r = partial_descs(z->partial, &z->mended.place, at, n, z->descs);

	for (size_t i = 0; i < n && r >= 0; i++) {
		int err =
			z->descs[i].offset ? unpack(&z->unpacker, &z->descs[i], z->page) : -ENODATA;

		if (err == -ENOMEM)
			return err;
		if (err < 0)
			bitmap_set(&z->lost, at + i);
		z->done.missing_pages += err == -ENODATA;
		z->done.damaged_pages += err < 0 && err != -ENODATA;
	}
	progress_add(z->progress, n);
	progress_step(z->progress);
	return r;
}

static int each_descs(struct repair *z, int (*take)(struct repair *z, uint64_t at, size_t n))
{
	uint64_t count = z->mended.place.descs;
	int r = 0;

	for (uint64_t at = 0; at < count && r >= 0; at += DESCS)
		r = take(z, at, (size_t)MIN(count - at, (uint64_t)DESCS));
	return r;
}

static int check_pages(struct repair *z, struct error *e)
{
	uint64_t count = z->mended.place.descs;
	int r;

	z->done.pages = count;
	if (!count)
		return 0;
	progress_begin(z->progress, "checking pages", count);
	r = each_descs(z, check_descs);
	progress_end(z->progress);
	if (r >= 0)
		r = kdump_overlaps(z->partial, &z->mended.place, z->mended.page_size, &z->lost,
				   &z->done.doubtful_pages);
	z->done.whole_pages = count - bitmap_count(&z->lost, 0, count);
	z->done.incomplete =
		z->done.was_incomplete || z->done.whole_pages < count || z->done.fixed_bits > 0;
	return r < 0 ? error_errno(e, r, "checking pages") : 0;
}

static int begin(struct repair *z, const struct partial *p, struct progress *progress,
		 struct error *e)
{
	int r;

	*z = (struct repair){ .partial = p, .progress = progress };
	r = kdump_mend(p, &z->mended, e);
	if (r < 0)
		return r;
	z->done.fixed_bits = z->mended.fixed_bits;
	z->done.fixed_header = z->mended.fixed_header || z->mended.fixed_sub;
	z->done.was_incomplete =
		le32_get(z->mended.header + KDUMP_HEADER_STATUS) & KDUMP_STATUS_INCOMPLETE;
	z->descs = calloc(DESCS, sizeof(*z->descs));
	z->page = malloc(z->mended.page_size);
	z->arena = malloc(ARENA);
	r = unpacker_init(&z->unpacker, p, &z->mended.place, z->mended.page_size);
	if (r >= 0)
		r = bitmap_init(&z->lost, MAX(z->mended.place.descs, (uint64_t)1));
	if (r < 0 || !z->descs || !z->page || !z->arena)
		return error_set(e, -ENOMEM, "out of memory");
	return check_pages(z, e);
}

static void repair_done(struct repair *z)
{
	kdump_mended_done(&z->mended);
	unpacker_done(&z->unpacker);
	bitmap_done(&z->lost);
	free(z->descs);
	free(z->page);
	free(z->arena);
}

/* Both headers and both bitmaps, marked incomplete. */
static int put_head(struct repair *z, struct error *e)
{
	struct kdump_mended *m = &z->mended;
	uint8_t *status = m->header + KDUMP_HEADER_STATUS;
	uint64_t bytes = DIV_ROUND_UP(m->max_pfn, 64) * 8;
	int r;

	le32_put(status, le32_get(status) | KDUMP_STATUS_INCOMPLETE);
	r = sink_write_at(z->sink, m->header, sizeof(m->header), 0, e);
	if (r >= 0)
		r = sink_write_at(z->sink, m->sub, sizeof(m->sub), m->page_size, e);
	if (r >= 0)
		r = sink_write_at(z->sink, m->exists.words, bytes, m->bitmap_offset, e);
	return r < 0 ? r
		     : sink_write_at(z->sink, m->kept.words, bytes,
				     m->bitmap_offset + m->bitmap_size, e);
}

/* The header again, if nothing is missing. */
static int finish(struct repair *z, struct error *e)
{
	uint8_t *status = z->mended.header + KDUMP_HEADER_STATUS;

	if (z->done.incomplete)
		return 0;
	le32_put(status, le32_get(status) & ~KDUMP_STATUS_INCOMPLETE);
	return sink_write_at(z->sink, status, 4, KDUMP_HEADER_STATUS, e);
}

static int copy_front(struct repair *z, struct error *e)
{
	uint64_t end = z->mended.place.desc_offset;
	int r = 0;

	for (uint64_t at = 0; at < end && r >= 0; at += ARENA) {
		uint64_t n = MIN(ARENA, end - at);

		r = source_read(z->partial->source, z->arena, n, at);
		if (r < 0)
			return error_errno(e, r, "headers and bitmaps");
		r = sink_write_at(z->sink, z->arena, n, at, e);
	}
	return r < 0 ? r : put_head(z, e);
}

static bool is_zero(const uint8_t *p, size_t n)
{
	return !p[0] && memcmp(p, p + 1, n - 1) == 0;
}

/* Packed bytes at the end of the arena; d then says where they go. */
static int place(struct repair *z, struct kdump_desc *d, size_t *used)
{
	uint8_t *to = z->arena + *used;
	int r = source_read(z->partial->source, to, d->size, d->offset);

	if (r < 0)
		return r;
	if (!d->flags && is_zero(to, d->size)) {
		if (z->zero.offset) {
			*d = z->zero;
			return 0;
		}
		z->zero = (struct kdump_desc){ .offset = z->next + *used, .size = d->size };
	}
	d->offset = z->next + *used;
	*used += d->size;
	return 0;
}

static int flush(struct repair *z, size_t *used)
{
	int r = *used ? sink_write_at(z->sink, z->arena, *used, z->next, NULL) : 0;

	z->next += *used;
	*used = 0;
	return r;
}

static int copy_descs(struct repair *z, uint64_t at, size_t n)
{
	int r = partial_descs(z->partial, &z->mended.place, at, n, z->descs);
	size_t used = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		if (ARENA - used < z->mended.page_size)
			r = flush(z, &used);
		if (bitmap_get(&z->lost, at + i))
			z->descs[i] = (struct kdump_desc){ 0 };
		else if (r >= 0)
			r = place(z, &z->descs[i], &used);
	}
	if (r >= 0)
		r = flush(z, &used);
	if (r >= 0)
		r = sink_write_at(z->sink, z->descs, n * sizeof(*z->descs),
				  z->mended.place.desc_offset + at * sizeof(*z->descs), NULL);
	progress_add(z->progress, n);
	progress_step(z->progress);
	return r;
}

int kdump_repair(const struct partial *p, struct sink *s, struct progress *progress,
		 struct kdump_repaired *ret, struct error *e)
{
	struct repair z;
	int r = begin(&z, p, progress, e);

	if (r >= 0) {
		z.sink = s;
		z.next = z.mended.place.desc_offset +
			 z.mended.place.descs * sizeof(struct kdump_desc);
		r = copy_front(&z, e);
	}
	if (r >= 0) {
		progress_begin(progress, PROGRESS_COPYING, z.mended.place.descs);
		r = each_descs(&z, copy_descs);
		progress_end(progress);
		if (r < 0)
			error_errno(e, r, "%s: copying pages", s->name);
	}
	if (r >= 0)
		r = finish(&z, e);
	if (r >= 0)
		*ret = z.done;
	repair_done(&z);
	return r;
}

/* Descs that are not believed become those of lost pages. */
static int clear_descs(struct repair *z, uint64_t at, size_t n)
{
	bool changed = false;
	int r = partial_descs(z->partial, &z->mended.place, at, n, z->descs);

	for (size_t i = 0; i < n && r >= 0; i++) {
		if (!bitmap_get(&z->lost, at + i) || !z->descs[i].offset)
			continue;
		z->descs[i] = (struct kdump_desc){ 0 };
		changed = true;
	}
	return r < 0 || !changed
		       ? r
		       : sink_write_at(z->sink, z->descs, n * sizeof(*z->descs),
				       z->mended.place.desc_offset + at * sizeof(*z->descs), NULL);
}

/* A table that was cut off reads as zeros where it is not. */
static int end_table(struct repair *z, struct error *e)
{
	static const uint8_t zero;
	uint64_t end = z->unpacker.data_start;

	return z->partial->source->size < end ? sink_write_at(z->sink, &zero, 1, end - 1, e) : 0;
}

/* As it should be, but for what is missing and says so. */
static bool is_fine(const struct repair *z)
{
	return !z->done.fixed_header && !z->done.fixed_bits && !z->done.damaged_pages &&
	       !z->done.doubtful_pages && (!z->done.missing_pages || z->done.was_incomplete) &&
	       z->partial->dump && !(dumpfile_info(z->partial->dump)->flags & DUMP_TRUNCATED);
}

int kdump_repair_in_place(struct partial *p, struct progress *progress, struct kdump_repaired *ret,
			  struct error *e)
{
	struct repair z;
	int r = begin(&z, p, progress, e);

	z.sink = p->sink;
	if (r >= 0 && !is_fine(&z)) {
		struct sink_patch patch;

		z.sink = sink_patch_init(&patch, p->source, p->sink);
		r = put_head(&z, e);
		z.sink = p->sink;
		if (r >= 0) {
			r = each_descs(&z, clear_descs);
			if (r < 0)
				error_errno(e, r, "%s: page_descs", p->name);
		}
		if (r >= 0)
			r = end_table(&z, e);
		if (r >= 0)
			r = sink_sync(z.sink, e);
		if (r >= 0)
			r = finish(&z, e);
		if (r >= 0 && p->flattened)
			r = sink_finish(z.sink, e);
	}
	if (r >= 0)
		*ret = z.done;
	repair_done(&z);
	return r;
}
