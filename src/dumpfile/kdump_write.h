/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Writes a kdump-compressed file: header version 6, little-endian, 64-bit layout (docs/formats.md; the layout is
 * makedumpfile's diskdump_mod.h as measured on its files).
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

/* As on disk. offset 0 is a lost page. */
struct kdump_desc {
	uint64_t offset; /* of the data in the file */
	uint32_t size;	 /* of the data; the page size where it is stored raw */
	uint32_t flags;	 /* codec.flag; 0 raw */
	uint64_t page_flags;
};

#define KDUMP_UTS_FIELDS 6 /* sysname, nodename, release, version, machine, domainname */
#define KDUMP_UTS_SIZE 65

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
	size_t note_count;
	const struct dump_range *ranges; /* the first bitmap: memory that exists; sorted */
	size_t range_count;
	const struct bitmap *kept; /* the second bitmap: pages that have a desc */
};

struct kdump_writer;

/* Writes headers, notes, bitmaps and the page of zeros. The sink must be seekable and outlive the writer. */
int kdump_writer_new(struct sink *s, const struct kdump_meta *m, struct kdump_writer **ret,
		     struct error *e) _must_check_;
struct kdump_writer *kdump_writer_free(struct kdump_writer *w);
DEFINE_CLEANUP(struct kdump_writer *, kdump_writer_free)

/* The desc that all pages of zeros share. */
struct kdump_desc kdump_writer_zero(const struct kdump_writer *w);

/* Writes the data of some pages in one go and tells where it went. Any thread. */
int kdump_writer_data(struct kdump_writer *w, const void *data, size_t len, uint64_t *ret_offset,
		      struct error *e) _must_check_;

/* Writes n descs, the first that of the index-th kept page. Their data must have been written. Any thread. */
int kdump_writer_descs(struct kdump_writer *w, uint64_t index, const struct kdump_desc *descs,
		       size_t n, struct error *e) _must_check_;

/* Writes the header anew, now that the file is whole; incomplete where pages had to stay lost. No other thread. */
int kdump_writer_finish(struct kdump_writer *w, bool incomplete, struct error *e) _must_check_;
