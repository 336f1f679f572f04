/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Writes a kdump-compressed file: header version 6, little-endian, 64-bit layout (kdump_layout.h).
 *
 * The order of the file is headers, notes, both bitmaps, the page_desc table, page data. Where the table ends is known from
 * the number of kept pages, so pages may be written by many threads in any order: each takes room for its data from one
 * atomic counter and writes its own descs afterwards. Until kdump_writer_finish() the header says "incomplete", and a
 * desc that was never written is zero, which readers take for a lost page: a file that ends anywhere is readable as far
 * as it goes.
 */
#include "base/bitmap.h"
#include "base/sink.h"
#include "dumpfile/codec.h"
#include "dumpfile/dumpfile.h"
#include "dumpfile/kdump_layout.h"

/* What the headers tell. Everything is borrowed while kdump_writer_new() runs and no longer. */
struct kdump_meta {
	uint32_t page_size;
	uint32_t level;	  /* makedumpfile's -d bits */
	uint64_t max_pfn; /* one past the highest page; the bits of kept */
	uint64_t phys_base;
	int64_t crash_time; /* seconds since the epoch; 0 unknown */
	char utsname[KDUMP_UTS_FIELDS][KDUMP_UTS_SIZE];
	const struct codec *codec;
	const struct dump_note *notes; /* copied one by one */
	const struct dumpfile
		*dump; /* has the rest of notes that are not whole in memory; NULL where all are */
	size_t note_count;
	const struct dump_range *ranges; /* the first bitmap: memory that exists; sorted */
	size_t range_count;
	const struct bitmap
		*kept; /* the second bitmap: pages that have a desc, in this file or another part */
	bool split;    /* one part of several: its descs are those of [first_pfn, end_pfn) */
	uint64_t first_pfn, end_pfn;
	bool unused_vmemmap; /* struct pages of pages that are left out were left out */
};

struct kdump_writer;

/* Writes headers, notes, bitmaps and the page of zeros. The sink must be seekable and outlive the writer. */
int kdump_writer_new(struct sink *s, const struct kdump_meta *m, struct kdump_writer **ret,
		     struct error *e) _must_check_;
struct kdump_writer *kdump_writer_free(struct kdump_writer *w);
DEFINE_CLEANUP(struct kdump_writer *, kdump_writer_free)

/* The desc that all pages of zeros share. */
struct kdump_desc kdump_writer_zero(const struct kdump_writer *w);

/* The header names this codec once the file is whole; each page names its own. No other thread. */
void kdump_writer_codec(struct kdump_writer *w, const struct codec *codec);

/* Writes the data of some pages in one go and tells where it went. Any thread. */
int kdump_writer_data(struct kdump_writer *w, const void *data, size_t len, uint64_t *ret_offset,
		      struct error *e) _must_check_;

/* Writes n descs, the first that of the index-th kept page of this file. Their data must have been written. Any thread. */
int kdump_writer_descs(struct kdump_writer *w, uint64_t index, const struct kdump_desc *descs,
		       size_t n, struct error *e) _must_check_;

/* Writes the text that says what was erased; readers show it. Once, before the end; not needed where there is none. */
int kdump_writer_erased(struct kdump_writer *w, const void *text, size_t len,
			struct error *e) _must_check_;

/* Writes the header anew, now that the file is whole; incomplete where pages had to stay lost. No other thread. */
int kdump_writer_finish(struct kdump_writer *w, bool incomplete, struct error *e) _must_check_;

/* Where the pages of a file are. */
struct kdump_place {
	uint64_t desc_offset; /* of the table */
	uint64_t descs;
};

struct kdump_head {
	struct kdump_place place;
	uint8_t header[KDUMP_HEADER_SIZE]; /* the first */
};

/* Headers and bitmaps alone, those that kdump_writer_new() would write. */
int kdump_write_head(struct sink *s, const struct kdump_meta *m, struct kdump_head *ret,
		     struct error *e) _must_check_;

/*
 * A writer for a file that has its headers and perhaps some pages: others follow at `next`, first the one that pages of zeros
 * share.
 */
int kdump_writer_continue(struct sink *s, const struct kdump_head *head, uint32_t page_size,
			  uint64_t next, struct kdump_writer **ret, struct error *e) _must_check_;
