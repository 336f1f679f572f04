/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A dump file that may be cut short or damaged, to be read page by page and written to where it is: no header is believed
 * that need not be. Flattened ones get records behind those they have.
 */
#include "base/bitmap.h"
#include "base/sink.h"
#include "dumpfile/codec.h"
#include "dumpfile/dumpfile.h"
#include "dumpfile/kdump_write.h"
#include "dumpfile/source.h"

struct partial {
	struct source *
		source; /* the file, or what a flattened one describes; as it was when it was opened */
	struct sink *sink; /* the same to write; NULL before partial_write() */
	const char *name;
	bool flattened;
	struct dumpfile *dump; /* NULL where its headers are beyond reading */
	struct error why;      /* then */
};

/* From a descriptor, duplicated; name is borrowed. Changes nothing. */
int partial_open(int fd, const char *name, struct partial *ret, struct error *e) _must_check_;

/*
 * Sets sink: fd must be open for writing, too. A flattened stream that ends inside a record has that record end where the stream
 * does: nothing that could be read before is lost.
 */
int partial_write(struct partial *p, int fd, struct error *e) _must_check_;
void partial_done(struct partial *p);
#define _cleanup_partial_ _cleanup_(partial_done)

/*
 * What the headers of a kdump-compressed dump tell of its pages. -EINVAL with words where it is of another format or another
 * machine's byte order. kept has max_pfn bits and is to be freed.
 */
struct partial_table {
	struct kdump_place place;
	uint64_t first_pfn, end_pfn; /* of kept, those that have a desc here */
	bool split;		     /* one part of several */
	bool whole_bitmaps;	     /* no part of them is past the file's end */
	bool erased;		     /* names a text of what was erased */
	bool unused_vmemmap;
	const struct codec *codec; /* NULL: the header names none that there is */
};
int partial_table(const struct partial *p, struct partial_table *ret, struct error *e) _must_check_;
bool partial_kept_is(const struct partial *p, const struct bitmap *kept);
int partial_kept(const struct partial *p, struct bitmap *ret) _must_check_;

/* Descs [index, index + n) of the table; those past the file's end are zero. */
int partial_descs(const struct partial *p, const struct kdump_place *place, uint64_t index,
		  size_t n, struct kdump_desc *ret) _must_check_;

/* For one thread: unpacks pages. */
struct unpacker {
	const struct partial *partial;
	uint64_t data_start; /* no page's data lies before: behind the table */
	uint32_t page_size;
	struct codec_state *states[CODEC_COUNT];
	uint8_t *packed;
};

int unpacker_init(struct unpacker *u, const struct partial *p, const struct kdump_place *place,
		  uint32_t page_size) _must_check_;
void unpacker_done(struct unpacker *u);
#define _cleanup_unpacker_ _cleanup_(unpacker_done)

/* 0: page has what desc leads to. -ENODATA: it leads past the file's end; -EIO: to no page. -ENOMEM. */
int unpack(struct unpacker *u, const struct kdump_desc *desc, void *page) _must_check_;
