/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/kdump_mend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define NOTES_MAX MIB(64)
#define SAMPLES 256
#define DESCS 512

/* So many page_descs may lead to what is not data, and the table still be where it is thought to be. */
#define STRAYS_MAX 8

/* A layout that may be the file's. */
struct guess {
	uint32_t page_size;
	uint64_t sub_blocks, bitmap_blocks, max_pfn;
};

/* What the first header says by itself. */
static bool guess_by_header(const uint8_t *header, struct guess *ret)
{
	*ret = (struct guess){
		.page_size = le32_get(header + KDUMP_HEADER_BLOCK_SIZE),
		.sub_blocks = le32_get(header + KDUMP_HEADER_SUB_BLOCKS),
		.bitmap_blocks = le32_get(header + KDUMP_HEADER_BITMAP_BLOCKS),
		.max_pfn = le32_get(header + KDUMP_HEADER_MAX_MAPNR),
	};
	return kdump_is_page_size(ret->page_size) && ret->sub_blocks && ret->bitmap_blocks >= 2;
}

/* What follows from the second one, if pages and blocks have that size. */
static bool guess_by_sub(const struct partial *p, uint32_t page_size, struct guess *ret)
{
	uint8_t sub[KDUMP_SUB_SIZE];
	uint64_t notes;

	if (source_read(p->source, sub, sizeof(sub), page_size) < 0)
		return false;
	notes = le64_get(sub + KDUMP_SUB_NOTES_SIZE);
	*ret = (struct guess){
		.page_size = page_size,
		.sub_blocks =
			DIV_ROUND_UP(KDUMP_SUB_SIZE + MIN(notes, NOTES_MAX), (uint64_t)page_size),
		.max_pfn = le64_get(sub + KDUMP_SUB_MAX_MAPNR_64),
	};
	if (le64_get(sub + KDUMP_SUB_NOTES) != page_size + (uint64_t)KDUMP_SUB_SIZE ||
	    notes > NOTES_MAX || !ret->max_pfn || ret->max_pfn > UINT64_C(1) << 40)
		return false;
	ret->bitmap_blocks = 2 * kdump_bitmap_blocks(ret->max_pfn, page_size);
	return true;
}

/*
 * The number of pages is told twice, from version 6 on, and the bitmaps have room for no more than some thousand too many. The larger
 * one that fits is taken: pages that were never there do no harm.
 */
static void agree(const struct partial *p, struct guess *g)
{
	uint64_t told[] = { g->max_pfn, 0 }, best = 0;
	uint8_t sub[KDUMP_SUB_SIZE];

	if (source_read(p->source, sub, sizeof(sub), g->page_size) == 0)
		told[1] = le64_get(sub + KDUMP_SUB_MAX_MAPNR_64);
	for (size_t i = 0; i < ARRAY_SIZE(told); i++)
		if (told[i] <= UINT64_C(1) << 40 &&
		    2 * kdump_bitmap_blocks(told[i], g->page_size) == g->bitmap_blocks)
			best = MAX(best, told[i]);
	g->max_pfn = best ? best : g->bitmap_blocks / 2 * g->page_size * 8;
}

static int read_bitmap(const struct partial *p, uint64_t offset, uint64_t bits, struct bitmap *ret)
{
	uint64_t size = DIV_ROUND_UP(bits, 64) * 8;
	int r = bitmap_init(ret, bits);

	for (uint64_t at = 0; at < size && r >= 0; at += MIB(1))
		r = source_read(p->source, (uint8_t *)ret->words + at, MIN(MIB(1), size - at),
				offset + at);
	if (r >= 0 && bits % 64)
		ret->words[bits / 64] &= (UINT64_C(1) << bits % 64) - 1;
	return r;
}

/* A part of a split dump has the descs of some pages alone; both places that say which must agree. */
static int read_split(const struct partial *p, struct kdump_mended *m, struct error *e)
{
	uint8_t sub[KDUMP_SUB_SIZE];
	uint64_t first, end;

	m->end_pfn = m->max_pfn;
	if (le32_get(m->header + KDUMP_HEADER_VERSION) < KDUMP_VERSION_NEWEST ||
	    source_read(p->source, sub, sizeof(sub), m->page_size) < 0)
		return 0;
	first = le64_get(sub + KDUMP_SUB_START_PFN_64);
	end = le64_get(sub + KDUMP_SUB_END_PFN_64);
	if (le32_get(sub + KDUMP_SUB_SPLIT) != 1 || !end)
		return 0;
	if (first > end || end > m->max_pfn ||
	    le64_get(sub + KDUMP_SUB_START_PFN) != MIN(first, (uint64_t)UINT32_MAX))
		return error_set(e, -EINVAL,
				 "which part of a split dump it is cannot be told any more");
	m->first_pfn = first;
	m->end_pfn = end;
	return 0;
}

static int load(const struct partial *p, const struct guess *g, struct kdump_mended *m,
		struct error *e)
{
	int r;

	m->page_size = g->page_size;
	m->max_pfn = g->max_pfn;
	m->bitmap_offset = (1 + g->sub_blocks) * g->page_size;
	m->bitmap_size = g->bitmap_blocks / 2 * g->page_size;
	m->place.desc_offset = m->bitmap_offset + 2 * m->bitmap_size;
	/* A flattened file can claim any size, but not hold more than it has. */
	if (!m->max_pfn || !range_inside(m->bitmap_offset, 2 * m->bitmap_size, p->source->size) ||
	    2 * m->bitmap_size > p->source->file_size)
		return error_set(e, -EINVAL, "ends inside its bitmaps: it holds no page");
	r = read_bitmap(p, m->bitmap_offset, m->max_pfn, &m->exists);
	if (r >= 0)
		r = read_bitmap(p, m->bitmap_offset + m->bitmap_size, m->max_pfn, &m->kept);
	if (r < 0)
		return error_errno(e, r, "bitmaps");
	r = read_split(p, m, e);
	if (r >= 0)
		m->place.descs = bitmap_count(&m->kept, m->first_pfn, m->end_pfn - m->first_pfn);
	return r;
}

/* How many of the descs that were written lead to pages; a step of so many is taken. */
static int score(const struct partial *p, const struct kdump_mended *m, unsigned *ret)
{
	_cleanup_unpacker_ struct unpacker u = { 0 };
	_cleanup_free_ uint8_t *page = malloc(m->page_size);
	uint64_t step = MAX(m->place.descs / SAMPLES, (uint64_t)1);
	int r = unpacker_init(&u, p, &m->place, m->page_size);

	*ret = 0;
	if (!page)
		return -ENOMEM;
	for (uint64_t i = 0; i < m->place.descs && r >= 0; i += step) {
		struct kdump_desc d;

		r = partial_descs(p, &m->place, i, 1, &d);
		if (r >= 0 && d.offset) {
			int err = unpack(&u, &d, page);

			*ret += err >= 0;
			r = err == -ENOMEM ? err : 0;
		}
	}
	return r;
}

/* By either header; the one that explains more pages, and the first where both do. */
static int choose(const struct partial *p, const uint8_t *header, struct kdump_mended *ret,
		  struct error *e)
{
	struct guess guesses[8];
	unsigned count = guess_by_header(header, &guesses[0]), best = 0;
	bool found = false;

	if (count)
		agree(p, &guesses[0]);
	for (uint32_t size = KDUMP_PAGE_MIN; size <= KDUMP_PAGE_MAX; size *= 2)
		count += guess_by_sub(p, size, &guesses[count]);
	if (!count)
		return error_set(e, -EINVAL, "neither of its headers makes sense");
	for (unsigned i = 0; i < count; i++) {
		struct kdump_mended m = { 0 };
		unsigned n = 0;
		int r;

		memcpy(m.header, header, sizeof(m.header));
		r = load(p, &guesses[i], &m, e);
		if (r >= 0)
			r = score(p, &m, &n);
		if (r >= 0 && (!found || n > best)) {
			kdump_mended_done(ret);
			*ret = m;
			best = n;
			found = true;
			continue;
		}
		kdump_mended_done(&m);
		if (r == -ENOMEM)
			return error_set(e, r, "out of memory");
	}
	return found ? 0 : -EINVAL;
}

/* Bits of kept that name memory which does not exist. */
static uint64_t count_contradictions(const struct kdump_mended *m)
{
	uint64_t n = 0;

	for (uint64_t i = 0; i < DIV_ROUND_UP(m->max_pfn, 64); i++)
		n += (unsigned)__builtin_popcountll(m->kept.words[i] & ~m->exists.words[i]);
	return n;
}

/*
 * Is the table as long as the bitmap says? Data begins where it ends: with the page of zeros, which no desc need lead to, or with
 * another. *ret_any: there are descs at all.
 */
static int table_fits(const struct partial *p, const struct kdump_mended *m, bool *ret,
		      bool *ret_any)
{
	struct kdump_desc descs[DESCS];
	uint64_t end = m->place.desc_offset + m->place.descs * sizeof(*descs), strays = 0;
	bool begins = false;
	int r = 0;

	*ret_any = false;
	for (uint64_t at = 0; at < m->place.descs && r >= 0; at += DESCS) {
		size_t n = (size_t)MIN(m->place.descs - at, (uint64_t)DESCS);

		r = partial_descs(p, &m->place, at, n, descs);
		for (size_t i = 0; i < n && r >= 0; i++) {
			uint64_t offset = descs[i].offset;

			*ret_any |= offset != 0;
			begins |= offset == end || offset == end + m->page_size;
			strays += offset && offset < end;
		}
	}
	*ret = begins && strays <= STRAYS_MAX;
	return r;
}

/* Of two bitmaps that contradict each other the one is right with which the table has its length. */
static int mend_bitmaps(const struct partial *p, struct kdump_mended *m, struct error *e)
{
	uint64_t wrong = count_contradictions(m), bits = m->place.descs;
	bool fits, any;
	int r = table_fits(p, m, &fits, &any);

	if (r >= 0 && any && !fits && wrong) {
		for (uint64_t i = 0; i < DIV_ROUND_UP(m->max_pfn, 64); i++)
			m->kept.words[i] &= m->exists.words[i];
		m->place.descs = bitmap_count(&m->kept, m->first_pfn, m->end_pfn - m->first_pfn);
		r = table_fits(p, m, &fits, &any);
	} else if (r >= 0 && wrong) {
		for (uint64_t i = 0; i < DIV_ROUND_UP(m->max_pfn, 64); i++)
			m->exists.words[i] |= m->kept.words[i];
	}
	if (r < 0)
		return error_errno(e, r, "page_descs");
	m->fixed_bits = wrong;
	if (any && !fits)
		return error_set(e, -EINVAL,
				 "the bitmap of its pages (%llu bits) does not fit its page_descs: "
				 "which page is which cannot be told without the source (--resume)",
				 (unsigned long long)bits);
	return 0;
}

static void mend_header(struct kdump_mended *m)
{
	uint8_t *h = m->header;
	uint32_t version = le32_get(h + KDUMP_HEADER_VERSION);
	const struct {
		unsigned at;
		uint32_t value;
	} fields[] = {
		{ KDUMP_HEADER_VERSION,
		  version <= KDUMP_VERSION_NEWEST ? version : KDUMP_VERSION_NEWEST },
		{ KDUMP_HEADER_BLOCK_SIZE, m->page_size },
		{ KDUMP_HEADER_SUB_BLOCKS, (uint32_t)(m->bitmap_offset / m->page_size - 1) },
		{ KDUMP_HEADER_BITMAP_BLOCKS, (uint32_t)(2 * m->bitmap_size / m->page_size) },
		{ KDUMP_HEADER_MAX_MAPNR,
		  version >= KDUMP_VERSION_NEWEST
			  ? le32_get(h + KDUMP_HEADER_MAX_MAPNR)
			  : (uint32_t)MIN(m->max_pfn, (uint64_t)UINT32_MAX) },
	};

	m->fixed_header = !kdump_is_signature(h);
	if (m->fixed_header)
		memcpy(h, KDUMP_SIGNATURE, KDUMP_SIGNATURE_SIZE);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		m->fixed_header |= le32_get(h + fields[i].at) != fields[i].value;
		le32_put(h + fields[i].at, fields[i].value);
	}
}

int kdump_mend(const struct partial *p, struct kdump_mended *ret, struct error *e)
{
	uint8_t header[KDUMP_HEADER_SIZE];
	_cleanup_mended_ struct kdump_mended m = { 0 };
	int r;

	if (source_read(p->source, header, sizeof(header), 0) < 0)
		return error_set(e, -EINVAL, "ends inside its header: it holds no page");
	if (memcmp(header,
		   "\x7f"
		   "ELF",
		   4) == 0)
		return error_set(e, -EINVAL,
				 "is ELF, which needs no repair: it is read as far as it goes");
	r = choose(p, header, &m, e);
	if (r >= 0)
		r = mend_bitmaps(p, &m, e);
	if (r < 0)
		return r;
	mend_header(&m);
	kdump_mend_sub(p, &m);
	*ret = m;
	m = (struct kdump_mended){ 0 };
	return 0;
}

void kdump_mended_done(struct kdump_mended *m)
{
	bitmap_done(&m->kept);
	bitmap_done(&m->exists);
}
