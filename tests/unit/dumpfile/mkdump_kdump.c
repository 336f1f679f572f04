/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "dumpfile/codec.h"
#include "mkdump_impl.h"

/* Written by hand beside the reader's tables: a slip in one shows against the other. */
static void put_sub_header(const struct description *d, struct image *im, uint64_t notes,
			   uint64_t notes_size)
{
	const struct mkdump *m = d->out;
	uint64_t ends = d->split[1] ? d->split[1] : m->max_pfn;
	unsigned w = d->word, at;
	uint8_t *p = image_at(im, m->page_size, 104);

	/* What a version does not have yet is not to be believed. */
	memset(p, 0x5a, 104);
	put(d, p, w, 0x1000000);
	if (d->version >= 1)
		put(d, p + w, 4, 31);
	if (d->version >= 2) {
		put(d, p + w + 4, 4, d->split[1] != 0);
		put(d, p + w + 8, w, d->split[0]);
		put(d, p + 2 * w + 8, w, ends);
	}
	at = 3 * w + 8;
	at = (unsigned)align_up(at, d->align);
	for (unsigned i = 0; i < 3; i++) {
		if (d->version >= 3 + i) {
			put(d, p + at, 8, i == 0 ? notes + 380 : notes);
			put(d, p + at + 8, w, i == 2 ? 0 : i == 1 ? notes_size : 50);
		}
		at = (unsigned)align_up(at + 8 + w, d->align);
	}
	if (d->version >= 6) {
		put(d, p + at, 8, d->split[0]);
		put(d, p + at + 8, 8, ends);
		put(d, p + at + 16, 8, m->max_pfn);
	}
}

static void put_main_header(const struct description *d, struct image *im, unsigned sub_blocks,
			    unsigned bitmap_blocks, uint32_t status)
{
	const struct mkdump *m = d->out;
	uint8_t *p = image_at(im, 0, m->page_size);
	unsigned at = d->word == 8 ? 408 : 404;

	memcpy(p, d->version ? "KDUMP   " : "DISKDUMP", 8);
	put(d, p + 8, 4, d->version);
	memcpy(p + 12, "Linux", 5);
	memcpy(p + 12 + 65, "node", 4);
	memcpy(p + 12 + 2 * 65, "6.1.0-test", 10);
	memcpy(p + 12 + 3 * 65, "#1 SMP", 6);
	memcpy(p + 12 + 4 * 65, d->machine, strlen(d->machine));
	if (!d->machine[0])
		memcpy(p + 12 + 4 * 65, "x86_64", 6);
	put(d, p + at, d->word, 1700000000);
	at += 2 * d->word;
	put(d, p + at, 4, status | (d->incomplete ? 8 : 0));
	put(d, p + at + 4, 4, m->page_size);
	put(d, p + at + 8, 4, sub_blocks);
	put(d, p + at + 12, 4, bitmap_blocks);
	put(d, p + at + 16, 4, d->version >= 6 ? 0x55555555 : m->max_pfn);
	put(d, p + at + 36, 4, 1);
}

static const struct codec *find_codec(const char *name)
{
	for (unsigned i = 0; i < CODEC_COUNT; i++)
		if (strcmp(codec_by_id(i)->name, name) == 0)
			return codec_by_id(i);
	errx(1, "mkdump: no codec '%s'", name);
}

static void put_desc(const struct description *d, struct image *im, size_t at, uint64_t offset,
		     uint32_t size, uint32_t flags)
{
	uint8_t *p = image_at(im, at, 24);

	put(d, p, 8, offset);
	put(d, p + 8, 4, size);
	put(d, p + 12, 4, flags);
}

static void put_pages(const struct description *d, struct image *im, size_t bitmaps, size_t bitmap,
		      size_t table)
{
	const struct mkdump *m = d->out;
	const struct codec *c = find_codec(d->codec);
	struct codec_state *state = c->compressor_new(0, m->page_size);
	uint8_t *page = malloc(m->page_size), *packed = malloc(m->page_size);
	uint64_t first = d->split[1] ? d->split[0] : 0,
		 end = d->split[1] ? d->split[1] : m->max_pfn;
	size_t kept = bitmaps + (d->bitmaps == 2 ? bitmap : 0), n = 0, data;

	for (uint64_t pfn = 0; pfn < m->max_pfn; pfn++) {
		if (m->kinds[pfn] != MK_ABSENT && d->bitmaps == 2)
			*image_at(im, bitmaps + pfn / 8, 1) |= (uint8_t)(1 << pfn % 8);
		if (m->kinds[pfn] == MK_ABSENT || m->kinds[pfn] == MK_EXCLUDED)
			continue;
		*image_at(im, kept + pfn / 8, 1) |= (uint8_t)(1 << pfn % 8);
		n += pfn >= first && pfn < end;
	}
	image_at(im, bitmaps, d->bitmaps * bitmap);
	image_at(im, table, n * 24);
	n = 0;
	for (uint64_t pfn = first; pfn < end; pfn++) {
		size_t size;

		if (m->kinds[pfn] == MK_ABSENT || m->kinds[pfn] == MK_EXCLUDED)
			continue;
		if (m->kinds[pfn] != MK_LOST) {
			mkdump_page(pfn, m->kinds[pfn], page, m->page_size);
			size = c->compress(state, page, m->page_size, packed, m->page_size);
			data = im->size;
			memcpy(image_at(im, data, size ? size : m->page_size), size ? packed : page,
			       size ? size : m->page_size);
			put_desc(d, im, table + n * 24, data,
				 (uint32_t)(size ? size : m->page_size), size ? c->flag : 0);
		}
		n++;
	}
	c->state_free(state);
	free(page);
	free(packed);
}

void make_kdump(const struct description *d, struct image *im)
{
	const struct mkdump *m = d->out;
	size_t block = m->page_size, notes = block + 104, notes_size;
	size_t bitmap = align_up(DIV_ROUND_UP(m->max_pfn, 8), block), bitmaps;

	notes_size = put_notes(d, im, notes);
	bitmaps = align_up(notes + notes_size, block);
	put_sub_header(d, im, notes, notes_size);
	put_main_header(d, im, (unsigned)(bitmaps / block - 1),
			(unsigned)(d->bitmaps * bitmap / block), find_codec(d->codec)->flag);
	put_pages(d, im, bitmaps, bitmap, bitmaps + d->bitmaps * bitmap);
}
