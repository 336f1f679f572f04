/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/kdump_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dumpfile/notes_write.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "descs and bitmaps are written as they are");

#define NT_PRSTATUS 1

struct kdump_writer {
	struct sink *sink;
	uint64_t desc_offset; /* of the table */
	uint64_t kept;
	uint32_t page_size;
	uint32_t status;
	uint64_t zero_offset;
	unsigned notes_lost;
	_Atomic uint64_t next; /* where the next data goes */
	uint8_t header[KDUMP_HEADER_SIZE];
};

struct note_area {
	uint8_t *data;
	struct notes_size size;		      /* data has those in memory */
	uint64_t vmcoreinfo, vmcoreinfo_size; /* the desc's place in data */
	uint32_t cpus;
};

static int build_notes(const struct kdump_meta *m, struct note_area *ret, struct error *e)
{
	struct note_area area = { 0 };
	uint64_t at = 0;
	int r = notes_measure(m->notes, m->note_count, &area.size, e);

	if (r < 0)
		return r;
	area.data = calloc(1, MAX(area.size.memory, (uint64_t)1));
	if (!area.data)
		return error_set(e, -ENOMEM, "out of memory for the notes");
	notes_put(m->notes, m->note_count, area.data);
	for (size_t i = 0; i < m->note_count; i++) {
		const struct dump_note *n = &m->notes[i];

		if (n->rest)
			continue;
		if (strcmp(n->name, "VMCOREINFO") == 0 && !area.vmcoreinfo_size) {
			area.vmcoreinfo = at + note_desc(n);
			area.vmcoreinfo_size = n->size;
		}
		if (strcmp(n->name, "CORE") == 0 && n->type == NT_PRSTATUS)
			area.cpus++;
		at += note_size(n);
	}
	*ret = area;
	return 0;
}

static void build_header(struct kdump_writer *w, const struct kdump_meta *m,
			 const struct note_area *notes, uint64_t sub_blocks)
{
	uint8_t *h = w->header;

	memcpy(h + KDUMP_HEADER_SIGNATURE, KDUMP_SIGNATURE, KDUMP_SIGNATURE_SIZE);
	le32_put(h + KDUMP_HEADER_VERSION, KDUMP_VERSION_NEWEST);
	memcpy(h + KDUMP_HEADER_UTSNAME, m->utsname, sizeof(m->utsname));
	le64_put(h + KDUMP_HEADER_TIMESTAMP, (uint64_t)m->crash_time);
	le32_put(h + KDUMP_HEADER_STATUS, w->status | KDUMP_STATUS_INCOMPLETE);
	le32_put(h + KDUMP_HEADER_BLOCK_SIZE, m->page_size);
	le32_put(h + KDUMP_HEADER_SUB_BLOCKS, (uint32_t)sub_blocks);
	le32_put(h + KDUMP_HEADER_BITMAP_BLOCKS,
		 (uint32_t)(2 * kdump_bitmap_blocks(m->max_pfn, m->page_size)));
	le32_put(h + KDUMP_HEADER_MAX_MAPNR, (uint32_t)MIN(m->max_pfn, (uint64_t)UINT32_MAX));
	/* Readers warn where it is 0. */
	le32_put(h + KDUMP_HEADER_NR_CPUS, MAX(notes->cpus, 1u));
}

static int write_headers(struct kdump_writer *w, const struct kdump_meta *m,
			 const struct note_area *notes, struct error *e)
{
	uint64_t notes_at = (uint64_t)m->page_size + KDUMP_SUB_SIZE;
	_cleanup_free_ uint8_t *block = calloc(1, m->page_size);
	uint8_t sub[KDUMP_SUB_SIZE] = { 0 };
	int r;

	if (!block)
		return error_set(e, -ENOMEM, "out of memory");
	le64_put(sub + KDUMP_SUB_PHYS_BASE, m->phys_base);
	le32_put(sub + KDUMP_SUB_DUMP_LEVEL, m->level);
	if (notes->vmcoreinfo_size) {
		le64_put(sub + KDUMP_SUB_VMCOREINFO, notes_at + notes->vmcoreinfo);
		le64_put(sub + KDUMP_SUB_VMCOREINFO_SIZE, notes->vmcoreinfo_size);
	}
	le64_put(sub + KDUMP_SUB_NOTES, notes_at);
	le64_put(sub + KDUMP_SUB_NOTES_SIZE, notes->size.total);
	le64_put(sub + KDUMP_SUB_MAX_MAPNR_64, m->max_pfn);
	if (m->split) {
		le32_put(sub + KDUMP_SUB_SPLIT, 1);
		le64_put(sub + KDUMP_SUB_START_PFN, MIN(m->first_pfn, (uint64_t)UINT32_MAX));
		le64_put(sub + KDUMP_SUB_END_PFN, MIN(m->end_pfn, (uint64_t)UINT32_MAX));
		le64_put(sub + KDUMP_SUB_START_PFN_64, m->first_pfn);
		le64_put(sub + KDUMP_SUB_END_PFN_64, m->end_pfn);
	}

	memcpy(block, w->header, KDUMP_HEADER_SIZE);
	r = sink_write_at(w->sink, block, m->page_size, 0, e);
	if (r >= 0)
		r = sink_write_at(w->sink, sub, sizeof(sub), m->page_size, e);
	if (r >= 0 && notes->size.memory)
		r = sink_write_at(w->sink, notes->data, notes->size.memory, notes_at, e);
	return r < 0 ? r
		     : notes_stream(m->notes, m->note_count, m->dump, w->sink,
				    notes_at + notes->size.memory, &w->notes_lost, e);
}

/* A bitmap goes out in pieces of this many bytes, so that the first one never stands in memory as a whole. */
#define PIECE KIB(64)

/* Fills piece, whose first bit is pfn `first`, with the ranges that touch it; *at is the first that may. */
static void ranges_to_bits(const struct kdump_meta *m, size_t *at, uint64_t first,
			   struct bitmap *piece)
{
	uint64_t end = MIN(first + piece->bits, m->max_pfn);

	bitmap_clear_range(piece, 0, piece->bits);
	for (size_t i = *at; i < m->range_count; i++) {
		uint64_t from = m->ranges[i].paddr / m->page_size;
		uint64_t to = from + m->ranges[i].size / m->page_size;

		if (from >= end)
			break;
		if (to <= first) {
			*at = i + 1;
			continue;
		}
		from = MAX(from, first);
		to = MIN(to, end);
		bitmap_set_range(piece, from - first, to - from);
	}
}

static int write_bitmaps(struct kdump_writer *w, const struct kdump_meta *m, uint64_t offset,
			 struct error *e)
{
	_cleanup_bitmap_ struct bitmap piece = { 0 };
	uint64_t size = kdump_bitmap_blocks(m->max_pfn, m->page_size) * m->page_size;
	uint64_t kept_size = DIV_ROUND_UP(m->kept->bits, 64) * sizeof(uint64_t);
	size_t at = 0;
	int r = bitmap_init(&piece, PIECE * 8);

	if (r < 0)
		return error_errno(e, r, "bitmap");
	for (uint64_t done = 0; done < size; done += PIECE) {
		ranges_to_bits(m, &at, done * 8, &piece);
		r = sink_write_at(w->sink, piece.words, MIN(PIECE, size - done), offset + done, e);
		if (r < 0)
			return r;
	}
	bitmap_clear_range(&piece, 0, piece.bits);
	for (uint64_t done = 0; done < size; done += PIECE) {
		uint64_t len = MIN(PIECE, size - done);
		const void *data = (const uint8_t *)m->kept->words + done;

		if (done + len > kept_size) {
			bitmap_clear_range(&piece, 0, piece.bits);
			if (done < kept_size)
				memcpy(piece.words, data, kept_size - done);
			data = piece.words;
		}
		r = sink_write_at(w->sink, data, len, offset + size + done, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int write_zero_page(struct kdump_writer *w, struct error *e)
{
	_cleanup_free_ uint8_t *zeros = calloc(1, w->page_size);

	if (!zeros)
		return error_set(e, -ENOMEM, "out of memory");
	return kdump_writer_data(w, zeros, w->page_size, &w->zero_offset, e);
}

static int check_meta(const struct kdump_meta *m, struct error *e)
{
	if (!kdump_is_page_size(m->page_size))
		return error_set(e, -EINVAL, "page size %u cannot be written", m->page_size);
	/* bitmap_blocks of both maps is a 32-bit field. */
	if (!m->max_pfn || m->kept->bits != m->max_pfn ||
	    kdump_bitmap_blocks(m->max_pfn, m->page_size) > UINT32_MAX / 2)
		return error_set(e, -EINVAL, "%llu pages cannot be written",
				 (unsigned long long)m->max_pfn);
	if (m->split && (m->first_pfn > m->end_pfn || m->end_pfn > m->max_pfn))
		return error_set(e, -EINVAL, "a part from page %llu to %llu cannot be written",
				 (unsigned long long)m->first_pfn, (unsigned long long)m->end_pfn);
	return 0;
}

/* All but the table and the pages. */
static int write_head(struct kdump_writer *w, const struct kdump_meta *m, struct error *e)
{
	struct note_area notes = { 0 };
	_cleanup_free_ void *note_data = NULL;
	uint64_t sub_blocks, bitmap_offset;
	int r = build_notes(m, &notes, e);

	if (r < 0)
		return r;
	note_data = notes.data;
	sub_blocks = DIV_ROUND_UP(KDUMP_SUB_SIZE + notes.size.total, (uint64_t)m->page_size);
	bitmap_offset = (1 + sub_blocks) * m->page_size;
	w->page_size = m->page_size;
	w->status = m->codec->flag | (m->unused_vmemmap ? KDUMP_STATUS_UNUSED_VMEMMAP : 0);
	w->kept = m->split ? bitmap_count(m->kept, m->first_pfn, m->end_pfn - m->first_pfn)
			   : bitmap_count(m->kept, 0, m->max_pfn);
	w->desc_offset =
		bitmap_offset + 2 * kdump_bitmap_blocks(m->max_pfn, m->page_size) * m->page_size;
	build_header(w, m, &notes, sub_blocks);
	r = write_headers(w, m, &notes, e);
	return r < 0 ? r : write_bitmaps(w, m, bitmap_offset, e);
}

/* Behind the head. */
static int begin_pages(struct kdump_writer *w, uint64_t next, struct error *e)
{
	atomic_init(&w->next, next);
	/* Where the data fills the disk, its descs still find room. */
	sink_reserve(w->sink, w->desc_offset, w->kept * sizeof(struct kdump_desc));
	/* Also without level bit 1: it makes the file reach beyond the table. */
	return write_zero_page(w, e);
}

int kdump_writer_new(struct sink *s, const struct kdump_meta *m, struct kdump_writer **ret,
		     struct error *e)
{
	_cleanup_(kdump_writer_freep) struct kdump_writer *w = NULL;
	int r = check_meta(m, e);

	if (r < 0)
		return r;
	w = calloc(1, sizeof(*w));
	if (!w)
		return error_set(e, -ENOMEM, "out of memory");
	w->sink = s;
	r = write_head(w, m, e);
	if (r >= 0)
		r = begin_pages(w, w->desc_offset + w->kept * sizeof(struct kdump_desc), e);
	if (r >= 0)
		*ret = TAKE_PTR(w);
	return r;
}

int kdump_write_head(struct sink *s, const struct kdump_meta *m, struct kdump_head *ret,
		     struct error *e)
{
	struct kdump_writer w = { .sink = s };
	int r = check_meta(m, e);

	if (r >= 0)
		r = write_head(&w, m, e);
	if (r < 0)
		return r;
	ret->place = (struct kdump_place){ w.desc_offset, w.kept };
	memcpy(ret->header, w.header, sizeof(w.header));
	return 0;
}

int kdump_writer_continue(struct sink *s, const struct kdump_head *head, uint32_t page_size,
			  uint64_t next, struct kdump_writer **ret, struct error *e)
{
	_cleanup_(kdump_writer_freep) struct kdump_writer *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return error_set(e, -ENOMEM, "out of memory");
	w->sink = s;
	w->page_size = page_size;
	w->desc_offset = head->place.desc_offset;
	w->kept = head->place.descs;
	memcpy(w->header, head->header, sizeof(w->header));
	w->status = le32_get(head->header + KDUMP_HEADER_STATUS) & ~KDUMP_STATUS_INCOMPLETE;
	r = begin_pages(w, next, e);
	if (r >= 0)
		*ret = TAKE_PTR(w);
	return r;
}

struct kdump_writer *kdump_writer_free(struct kdump_writer *w)
{
	free(w);
	return NULL;
}

struct kdump_desc kdump_writer_zero(const struct kdump_writer *w)
{
	return (struct kdump_desc){ .offset = w->zero_offset, .size = w->page_size };
}

void kdump_writer_codec(struct kdump_writer *w, const struct codec *codec)
{
	w->status = codec->flag | (w->status & KDUMP_STATUS_UNUSED_VMEMMAP);
}

int kdump_writer_data(struct kdump_writer *w, const void *data, size_t len, uint64_t *ret_offset,
		      struct error *e)
{
	uint64_t offset = atomic_fetch_add_explicit(&w->next, len, memory_order_relaxed);
	int r = sink_write_at(w->sink, data, len, offset, e);

	if (r >= 0)
		*ret_offset = offset;
	return r;
}

int kdump_writer_descs(struct kdump_writer *w, uint64_t index, const struct kdump_desc *descs,
		       size_t n, struct error *e)
{
	if (!range_inside(index, n, w->kept))
		return error_set(e, -EINVAL, "more pages than were selected");
	return sink_write_at(w->sink, descs, n * sizeof(*descs),
			     w->desc_offset + index * sizeof(*descs), e);
}

int kdump_writer_erased(struct kdump_writer *w, const void *text, size_t len, struct error *e)
{
	uint8_t place[16];
	uint64_t offset;
	int r = kdump_writer_data(w, text, len, &offset, e);

	if (r < 0)
		return r;
	le64_put(place, offset);
	le64_put(place + 8, len);
	return sink_write_at(w->sink, place, sizeof(place), w->page_size + KDUMP_SUB_ERASED, e);
}

int kdump_writer_finish(struct kdump_writer *w, bool incomplete, struct error *e)
{
	incomplete |= w->notes_lost > 0;
	le32_put(w->header + KDUMP_HEADER_STATUS,
		 w->status | (incomplete ? KDUMP_STATUS_INCOMPLETE : 0));
	return sink_write_at(w->sink, w->header, KDUMP_HEADER_SIZE, 0, e);
}
