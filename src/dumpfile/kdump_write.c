/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/kdump_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

_Static_assert(sizeof(struct kdump_desc) == 24, "a page_desc is 24 bytes on disk");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "descs and bitmaps are written as they are");

#define HEADER_VERSION 6
#define STATUS_INCOMPLETE 0x8u

/* Offsets in disk_dump_header and kdump_sub_header, LP64. */
enum {
	HEADER_SIGNATURE = 0,
	HEADER_HEADER_VERSION = 8,
	HEADER_UTSNAME = 12,
	HEADER_TIMESTAMP = 408,
	HEADER_STATUS = 424,
	HEADER_BLOCK_SIZE = 428,
	HEADER_SUB_HDR_SIZE = 432,
	HEADER_BITMAP_BLOCKS = 436,
	HEADER_MAX_MAPNR = 440,
	HEADER_NR_CPUS = 460,
	HEADER_SIZE = 464,

	SUB_PHYS_BASE = 0,
	SUB_DUMP_LEVEL = 8,
	SUB_OFFSET_VMCOREINFO = 32,
	SUB_SIZE_VMCOREINFO = 40,
	SUB_OFFSET_NOTE = 48,
	SUB_SIZE_NOTE = 56,
	SUB_MAX_MAPNR_64 = 96,
	SUB_SIZE = 104,
};

#define NT_PRSTATUS 1
#define NOTE_HEADER 12
/* Enough for a few thousand CPUs and their device dumps; a hostile note cannot ask for more. */
#define NOTES_LIMIT MIB(256)

struct kdump_writer {
	struct sink *sink;
	uint64_t desc_offset; /* of the table */
	uint64_t kept;
	uint32_t page_size;
	uint32_t status;
	uint64_t zero_offset;
	_Atomic uint64_t next; /* where the next data goes */
	uint8_t header[HEADER_SIZE];
};

struct note_area {
	uint8_t *data;
	uint64_t size;
	uint64_t vmcoreinfo, vmcoreinfo_size; /* the desc's place in data */
	uint32_t cpus;
};

static uint64_t note_size(const struct dump_note *n)
{
	return NOTE_HEADER + align_up(strlen(n->name) + 1, 4) + align_up(n->size, 4);
}

/* ELF notes in a row, as they stand in a vmcore: name and desc padded to 4 bytes. */
static int build_notes(const struct kdump_meta *m, struct note_area *ret, struct error *e)
{
	struct note_area area = { 0 };
	uint8_t *p;

	for (size_t i = 0; i < m->note_count; i++) {
		if (m->notes[i].size > NOTES_LIMIT)
			return error_set(e, -E2BIG, "note %s: %zu bytes are too much to copy",
					 m->notes[i].name, m->notes[i].size);
		area.size += note_size(&m->notes[i]);
		if (area.size > NOTES_LIMIT)
			return error_set(e, -E2BIG, "notes: more than %llu bytes",
					 (unsigned long long)NOTES_LIMIT);
	}
	area.data = p = calloc(1, MAX(area.size, (uint64_t)1));
	if (!p)
		return error_set(e, -ENOMEM, "out of memory for the notes");
	for (size_t i = 0; i < m->note_count; i++) {
		const struct dump_note *n = &m->notes[i];
		size_t name_size = strlen(n->name) + 1;
		uint8_t *desc = p + NOTE_HEADER + align_up(name_size, 4);

		le32_put(p, (uint32_t)name_size);
		le32_put(p + 4, (uint32_t)n->size);
		le32_put(p + 8, n->type);
		memcpy(p + NOTE_HEADER, n->name, name_size);
		if (n->size)
			memcpy(desc, n->desc, n->size);
		if (strcmp(n->name, "VMCOREINFO") == 0 && !area.vmcoreinfo_size) {
			area.vmcoreinfo = (uint64_t)(desc - area.data);
			area.vmcoreinfo_size = n->size;
		}
		if (strcmp(n->name, "CORE") == 0 && n->type == NT_PRSTATUS)
			area.cpus++;
		p += note_size(n);
	}
	*ret = area;
	return 0;
}

static uint64_t bitmap_blocks(const struct kdump_meta *m)
{
	return DIV_ROUND_UP(DIV_ROUND_UP(m->max_pfn, 8), (uint64_t)m->page_size);
}

static void build_header(struct kdump_writer *w, const struct kdump_meta *m,
			 const struct note_area *notes, uint64_t sub_blocks)
{
	uint8_t *h = w->header;

	memcpy(h + HEADER_SIGNATURE, "KDUMP   ", 8);
	le32_put(h + HEADER_HEADER_VERSION, HEADER_VERSION);
	memcpy(h + HEADER_UTSNAME, m->utsname, sizeof(m->utsname));
	le64_put(h + HEADER_TIMESTAMP, (uint64_t)m->crash_time);
	le32_put(h + HEADER_STATUS, w->status | STATUS_INCOMPLETE);
	le32_put(h + HEADER_BLOCK_SIZE, m->page_size);
	le32_put(h + HEADER_SUB_HDR_SIZE, (uint32_t)sub_blocks);
	le32_put(h + HEADER_BITMAP_BLOCKS, (uint32_t)(2 * bitmap_blocks(m)));
	le32_put(h + HEADER_MAX_MAPNR, (uint32_t)MIN(m->max_pfn, (uint64_t)UINT32_MAX));
	/* Readers warn where it is 0. */
	le32_put(h + HEADER_NR_CPUS, MAX(notes->cpus, 1u));
}

static int write_headers(struct kdump_writer *w, const struct kdump_meta *m,
			 const struct note_area *notes, struct error *e)
{
	uint64_t notes_at = (uint64_t)m->page_size + SUB_SIZE;
	_cleanup_free_ uint8_t *block = calloc(1, m->page_size);
	uint8_t sub[SUB_SIZE] = { 0 };
	int r;

	if (!block)
		return error_set(e, -ENOMEM, "out of memory");
	le64_put(sub + SUB_PHYS_BASE, m->phys_base);
	le32_put(sub + SUB_DUMP_LEVEL, m->level);
	if (notes->vmcoreinfo_size) {
		le64_put(sub + SUB_OFFSET_VMCOREINFO, notes_at + notes->vmcoreinfo);
		le64_put(sub + SUB_SIZE_VMCOREINFO, notes->vmcoreinfo_size);
	}
	le64_put(sub + SUB_OFFSET_NOTE, notes_at);
	le64_put(sub + SUB_SIZE_NOTE, notes->size);
	le64_put(sub + SUB_MAX_MAPNR_64, m->max_pfn);

	memcpy(block, w->header, HEADER_SIZE);
	r = sink_write_at(w->sink, block, m->page_size, 0, e);
	if (r >= 0)
		r = sink_write_at(w->sink, sub, sizeof(sub), m->page_size, e);
	if (r >= 0 && notes->size)
		r = sink_write_at(w->sink, notes->data, notes->size, notes_at, e);
	return r;
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
	uint64_t size = bitmap_blocks(m) * m->page_size;
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
	if (m->page_size < KIB(4) || m->page_size > KIB(64) || (m->page_size & (m->page_size - 1)))
		return error_set(e, -EINVAL, "page size %u cannot be written", m->page_size);
	/* bitmap_blocks of both maps is a 32-bit field. */
	if (!m->max_pfn || m->kept->bits != m->max_pfn || bitmap_blocks(m) > UINT32_MAX / 2)
		return error_set(e, -EINVAL, "%llu pages cannot be written",
				 (unsigned long long)m->max_pfn);
	return 0;
}

int kdump_writer_new(struct sink *s, const struct kdump_meta *m, struct kdump_writer **ret,
		     struct error *e)
{
	_cleanup_(kdump_writer_freep) struct kdump_writer *w = NULL;
	struct note_area notes = { 0 };
	_cleanup_free_ void *note_data = NULL;
	uint64_t sub_blocks, bitmap_offset;
	int r = check_meta(m, e);

	if (r < 0)
		return r;
	w = calloc(1, sizeof(*w));
	if (!w)
		return error_set(e, -ENOMEM, "out of memory");
	r = build_notes(m, &notes, e);
	if (r < 0)
		return r;
	note_data = notes.data;

	sub_blocks = DIV_ROUND_UP(SUB_SIZE + notes.size, (uint64_t)m->page_size);
	bitmap_offset = (1 + sub_blocks) * m->page_size;
	w->sink = s;
	w->page_size = m->page_size;
	w->status = m->codec->flag;
	w->kept = bitmap_count(m->kept, 0, m->max_pfn);
	w->desc_offset = bitmap_offset + 2 * bitmap_blocks(m) * m->page_size;
	atomic_init(&w->next, w->desc_offset + w->kept * sizeof(struct kdump_desc));
	build_header(w, m, &notes, sub_blocks);

	r = write_headers(w, m, &notes, e);
	if (r >= 0)
		r = write_bitmaps(w, m, bitmap_offset, e);
	/* Where the data fills the disk, its descs still find room. */
	if (r >= 0)
		sink_reserve(s, w->desc_offset, w->kept * sizeof(struct kdump_desc));
	/* Also without level bit 1: it makes the file reach beyond the table. */
	if (r >= 0)
		r = write_zero_page(w, e);
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

int kdump_writer_finish(struct kdump_writer *w, bool incomplete, struct error *e)
{
	le32_put(w->header + HEADER_STATUS, w->status | (incomplete ? STATUS_INCOMPLETE : 0));
	return sink_write_at(w->sink, w->header, HEADER_SIZE, 0, e);
}
