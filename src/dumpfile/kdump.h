/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Inside of the kdump-compressed reader: headers (kdump.c), bitmaps (kdump_bits.c), pages (kdump_page.c).
 * Layout: block 0 the header, block 1 the sub header and notes, then one or two bitmaps, then a table of
 * page_desc, one for each set bit of the last bitmap, then data (reference/dumpfile.md 1.1).
 */
#include "dumpfile/codec.h"
#include "dumpfile/format.h"

/* Bit n of the map in byte n / 8, least significant first, whatever the machine. */
struct kdump_bits {
	const uint8_t *bytes; /* any alignment; whole words can be read */
	uint64_t bits; /* that are in the file: fewer than the header says where it is cut off */
	struct source_window window;
	void *copy; /* where it could not be lent */
	size_t copy_size;
};

struct kdump {
	bool big_endian;
	uint8_t word; /* bytes of a long of the dumped machine */
	bool two_bitmaps;
	uint64_t bitmap_offset, bitmap_size; /* bytes of one */
	uint64_t desc_offset;
	uint64_t first_pfn, end_pfn; /* of a part of a split dump, else everything */
	struct kdump_bits exists, kept;
	uint64_t *rank;	     /* set bits of kept before each block */
	uint64_t first_desc; /* rank of first_pfn */
};

/* What a reader of its own has. */
struct kdump_reader {
	struct codec_state *states[CODEC_COUNT]; /* made when first needed */
	void *packed;				 /* a page */
};

/* Damage is noted. -ENOMEM. */
int kdump_bits_open(struct dumpfile *d) _must_check_;
void kdump_bits_close(struct kdump *k);
int kdump_bits_ranges(struct dumpfile *d) _must_check_;

/* The word that holds bit n; bits that are not in the file are clear. */
uint64_t kdump_bits_word(const struct kdump_bits *b, uint64_t n);

static inline bool kdump_bits_get(const struct kdump_bits *b, uint64_t n)
{
	return n < b->bits && (b->bytes[n / 8] >> (n % 8) & 1);
}

/* Set bits of kept below pfn, which is below kept.bits. */
uint64_t kdump_rank(const struct kdump *k, uint64_t pfn);

enum page_state kdump_page_run(const struct dumpfile *d, uint64_t pfn, uint64_t *ret_end);
int kdump_reader_init(struct dump_reader *r);
void kdump_reader_done(struct dump_reader *r);
ssize_t kdump_lend(struct dump_reader *r, uint64_t paddr, size_t want, const void **ret);
int kdump_load_page(struct dump_reader *r, uint64_t pfn, void *page, struct error *e);

/* Do the last page_descs point past the file's end? */
bool kdump_tail_missing(const struct dumpfile *d);
