/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dumpfile/kdump.h"
#include "dumpfile/kdump_layout.h"
#include "dumpfile/machine.h"

/* 4 KiB to 256 KiB (powerpc). */
#define BLOCK_MIN KIB(4)
#define BLOCK_MAX KIB(256)

enum { UTS_NODENAME = 1, UTS_RELEASE, UTS_VERSION, UTS_MACHINE };

#define PADDR_MAX (UINT64_C(1) << 52)

/*
 * The header as the compiler of the dumped machine laid it out: a long of 8 or 4 bytes; with 4, a sub header
 * whose 64-bit fields are aligned to 4 (i386) or 8 (arm). Offsets of the fields.
 */
struct layout {
	bool big_endian;
	uint8_t word; /* bytes of a long */
	uint16_t time, status, block_size, sub_blocks, bitmap_blocks, max_mapnr;
};

struct sub_layout {
	uint8_t word;
	uint8_t level, split, start_pfn, end_pfn, vmcoreinfo, vmcoreinfo_size, note, note_size;
	uint8_t start_pfn_64, end_pfn_64, max_mapnr_64;
};

#define HEADER_64                                                                                  \
	KDUMP_HEADER_TIMESTAMP, KDUMP_HEADER_STATUS, KDUMP_HEADER_BLOCK_SIZE,                      \
		KDUMP_HEADER_SUB_BLOCKS, KDUMP_HEADER_BITMAP_BLOCKS, KDUMP_HEADER_MAX_MAPNR
#define HEADER_32 404, 412, 416, 420, 424, 428

static const struct layout layouts[] = {
	{ false, 8, HEADER_64 },
	{ false, 4, HEADER_32 },
	{ true, 8, HEADER_64 },
	{ true, 4, HEADER_32 },
};

static const struct sub_layout sub_layouts[] = {
	{ 8, KDUMP_SUB_DUMP_LEVEL, KDUMP_SUB_SPLIT, KDUMP_SUB_START_PFN, KDUMP_SUB_END_PFN,
	  KDUMP_SUB_VMCOREINFO, KDUMP_SUB_VMCOREINFO_SIZE, KDUMP_SUB_NOTES, KDUMP_SUB_NOTES_SIZE,
	  KDUMP_SUB_START_PFN_64, KDUMP_SUB_END_PFN_64, KDUMP_SUB_MAX_MAPNR_64 },
	{ 4, 4, 8, 12, 16, 20, 28, 32, 40, 56, 64, 72 },
	{ 4, 4, 8, 12, 16, 24, 32, 40, 48, 72, 80, 88 },
};

/* Headers in memory. */
struct headers {
	const struct layout *l;
	const struct sub_layout *s;
	uint8_t main[KDUMP_HEADER_SIZE], sub[KDUMP_SUB_SIZE];
};

static uint64_t get(const struct layout *l, const uint8_t *p, unsigned size)
{
	if (size == 8)
		return l->big_endian ? be64_get(p) : le64_get(p);
	return l->big_endian ? be32_get(p) : le32_get(p);
}

static uint32_t main_u32(const struct headers *h, unsigned offset)
{
	return (uint32_t)get(h->l, h->main + offset, 4);
}

static uint64_t sub_u64(const struct headers *h, unsigned offset)
{
	return get(h->l, h->sub + offset, 8);
}

static uint64_t sub_word(const struct headers *h, unsigned offset)
{
	return get(h->l, h->sub + offset, h->s->word);
}

static bool layout_fits(const struct layout *l, const uint8_t *main)
{
	uint64_t block = get(l, main + l->block_size, 4);

	return get(l, main + KDUMP_HEADER_VERSION, 4) <= UINT16_MAX && block >= BLOCK_MIN &&
	       block <= BLOCK_MAX && (block & (block - 1)) == 0 &&
	       get(l, main + l->sub_blocks, 4) && get(l, main + l->bitmap_blocks, 4);
}

/* Of the two with 4-byte longs, the one whose vmcoreinfo lies in the sub header's blocks. */
static const struct sub_layout *sub_layout(const struct headers *h, uint64_t block)
{
	uint64_t end = (1 + (uint64_t)main_u32(h, h->l->sub_blocks)) * block;

	if (h->l->word == 8)
		return &sub_layouts[0];
	for (unsigned i = 1; i < ARRAY_SIZE(sub_layouts); i++) {
		uint64_t at = sub_u64(h, sub_layouts[i].vmcoreinfo);

		if (at >= block && at < end)
			return &sub_layouts[i];
	}
	return &sub_layouts[1];
}

static void utsname_get(char ret[KDUMP_UTS_SIZE], const struct headers *h, unsigned field)
{
	memcpy(ret, h->main + KDUMP_HEADER_UTSNAME + field * KDUMP_UTS_SIZE, KDUMP_UTS_SIZE - 1);
	ret[KDUMP_UTS_SIZE - 1] = '\0';
}

/* Where utsname is empty, as with writers that had no debuginfo, the registers tell. */
static uint16_t machine_of(const struct dumpfile *d, const struct headers *h)
{
	const struct dump_note *n = dumpfile_note(d, "CORE", NT_PRSTATUS);
	char name[KDUMP_UTS_SIZE];
	uint16_t machine;

	utsname_get(name, h, UTS_MACHINE);
	machine = machine_by_name(name);
	if (machine != EM_NONE)
		return machine;
	if (!n || h->l->big_endian || h->l->word != 8)
		return EM_NONE;
	/* sizeof(struct elf_prstatus) */
	return n->size == 336 ? EM_X86_64 : n->size == 392 ? EM_AARCH64 : EM_NONE;
}

static int headers_read(struct dumpfile *d, struct headers *h, struct error *e)
{
	uint64_t block;

	for (size_t i = 0; i < ARRAY_SIZE(layouts) && !h->l; i++)
		if (layout_fits(&layouts[i], h->main))
			h->l = &layouts[i];
	if (!h->l)
		return error_set(e, -EINVAL,
				 "kdump-compressed header: no sensible block size; damaged");
	block = main_u32(h, h->l->block_size);
	d->info.page_size = (uint32_t)block;
	d->info.page_shift = (unsigned)__builtin_ctzll(block);
	d->info.header_version = main_u32(h, KDUMP_HEADER_VERSION);
	if (d->info.header_version > KDUMP_VERSION_NEWEST)
		damage_add(d, "header version %u is newer than %u: what is new is not understood",
			   d->info.header_version, KDUMP_VERSION_NEWEST);
	if (source_read(d->source, h->sub, sizeof(h->sub), block) < 0)
		return error_set(e, -EINVAL, "the file ends inside its header");
	h->s = sub_layout(h, block);
	return 0;
}

static void info_fill(struct dumpfile *d, const struct headers *h)
{
	struct dump_info *info = &d->info;
	uint32_t status = main_u32(h, h->l->status);
	const struct codec *codec = codec_by_flag(status & KDUMP_STATUS_CODECS);

	info->format = "kdump-compressed";
	info->codec = codec ? codec->name : "unknown";
	if (status & KDUMP_STATUS_INCOMPLETE)
		info->flags |= DUMP_INCOMPLETE;
	info->crash_time = (int64_t)get(h->l, h->main + h->l->time, h->l->word);
	utsname_get(info->nodename, h, UTS_NODENAME);
	utsname_get(info->release, h, UTS_RELEASE);
	utsname_get(info->version, h, UTS_VERSION);
	info->phys_base = sub_word(h, KDUMP_SUB_PHYS_BASE);
	if (info->header_version >= 1)
		info->dump_level = (int32_t)get(h->l, h->sub + h->s->level, 4);
}

static int notes_read(struct dumpfile *d, const struct headers *h)
{
	uint64_t offset = sub_u64(h, h->s->note), size = sub_word(h, h->s->note_size);
	int r = 0;

	if (d->info.header_version >= 4 && size)
		r = notes_parse(d, offset, size, h->l->big_endian);
	if (r < 0 || d->info.header_version < 3 || dumpfile_note(d, "VMCOREINFO", UINT32_MAX))
		return r;
	offset = sub_u64(h, h->s->vmcoreinfo);
	size = sub_word(h, h->s->vmcoreinfo_size);
	return size ? notes_add(d, "VMCOREINFO", 0, offset, size) : 0;
}

/*
 * One past the highest page the header tells of. Version 6 has it in 64 bits; where that is more than the bitmaps
 * have room for, the old field may still be right.
 */
static uint64_t max_pfn_of(const struct dumpfile *d, const struct headers *h, uint64_t room)
{
	uint64_t old = main_u32(h, h->l->max_mapnr), max = old;

	if (d->info.header_version >= 6 && sub_u64(h, h->s->max_mapnr_64))
		max = sub_u64(h, h->s->max_mapnr_64);
	return max > room && old && old <= room ? old : max;
}

/* Where everything is. No sum can overflow: counts of blocks have 32 bits, blocks 18. */
static void places_find(struct dumpfile *d, const struct headers *h)
{
	uint64_t block = d->info.page_size, limit;
	uint64_t sub_blocks = main_u32(h, h->l->sub_blocks);
	uint64_t bitmap_blocks = main_u32(h, h->l->bitmap_blocks);
	uint64_t max = max_pfn_of(d, h, bitmap_blocks * block * 8);
	struct kdump *k = d->format;

	/* Two bitmaps where there is room for two (crash's rule). */
	k->two_bitmaps = bitmap_blocks / 2 >= kdump_bitmap_blocks(max, d->info.page_size);
	k->bitmap_size = (k->two_bitmaps ? bitmap_blocks / 2 : bitmap_blocks) * block;
	k->bitmap_offset = (1 + sub_blocks) * block;
	k->desc_offset = (1 + sub_blocks + bitmap_blocks) * block;
	limit = MIN(k->bitmap_size * 8, PADDR_MAX / block);
	if (max > limit) {
		damage_add(d, "highest page %#llx, but the bitmaps have room for %#llx",
			   (unsigned long long)max, (unsigned long long)limit);
		max = limit;
	}
	d->info.max_pfn = max;
}

static void split_read(struct dumpfile *d, const struct headers *h)
{
	struct kdump *k = d->format;

	k->end_pfn = UINT64_MAX;
	if (d->info.header_version < 2 || !get(h->l, h->sub + h->s->split, 4))
		return;
	k->first_pfn = sub_word(h, h->s->start_pfn);
	k->end_pfn = sub_word(h, h->s->end_pfn);
	if (d->info.header_version >= 6) {
		k->first_pfn = sub_u64(h, h->s->start_pfn_64);
		k->end_pfn = sub_u64(h, h->s->end_pfn_64);
	}
	damage_add(d, "one part of a split dump: it holds pages %#llx to %#llx alone",
		   (unsigned long long)k->first_pfn, (unsigned long long)k->end_pfn);
}

static int kdump_open(struct dumpfile *d, struct error *e)
{
	struct headers h = { 0 };
	char signature[KDUMP_SIGNATURE_SIZE];
	int r;

	if (source_read(d->source, signature, sizeof(signature), 0) < 0 ||
	    !kdump_is_signature(signature))
		return NOT_THIS_FORMAT;
	if (source_read(d->source, h.main, sizeof(h.main), 0) < 0)
		return error_set(e, -EINVAL, "the file ends inside its header");
	d->format = calloc(1, sizeof(struct kdump));
	if (!d->format)
		return error_set(e, -ENOMEM, "out of memory");
	r = headers_read(d, &h, e);
	if (r < 0)
		return r;
	((struct kdump *)d->format)->big_endian = h.l->big_endian;
	((struct kdump *)d->format)->word = h.l->word;
	info_fill(d, &h);
	places_find(d, &h);
	split_read(d, &h);
	r = notes_read(d, &h);
	if (r == 0)
		r = kdump_bits_open(d);
	if (r == 0)
		r = kdump_bits_ranges(d);
	if (r < 0)
		return error_set(e, r, "kdump-compressed headers: out of memory");
	d->info.machine = machine_of(d, &h);
	if (kdump_tail_missing(d)) {
		d->info.flags |= DUMP_TRUNCATED;
		damage_add(d, "the file ends at %#llx, before the last pages",
			   (unsigned long long)d->source->size);
	}
	return 0;
}

static void kdump_close(struct dumpfile *d)
{
	if (!d->format)
		return;
	kdump_bits_close(d->format);
	free(d->format);
	d->format = NULL;
}

const struct format_ops kdump_ops = {
	.open = kdump_open,
	.close = kdump_close,
	.page_run = kdump_page_run,
	.reader_init = kdump_reader_init,
	.reader_done = kdump_reader_done,
	.lend = kdump_lend,
	.load_page = kdump_load_page,
};
