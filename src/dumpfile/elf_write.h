/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Headers of an ELF vmcore (ELF64, little-endian) of memory that has pages left out: program headers, notes, and where in the
 * file which memory goes. The data is the caller's to write.
 *
 * Memory is cut into pieces. A piece has its first `stored` bytes in the file; the rest was left out, which program headers say
 * by p_filesz < p_memsz. Segments that overlap share what they have in common.
 */
#include "base/bitmap.h"
#include "base/sink.h"
#include "dumpfile/dumpfile.h"

struct elf_piece {
	uint64_t paddr, stored, size; /* bytes, page aligned */
	uint64_t offset;	      /* in the file, of what is stored */
};

struct elf_meta {
	uint16_t machine;
	uint32_t page_size;
	const struct dump_note *notes;
	size_t note_count;
	const struct dumpfile
		*dump; /* has the rest of notes that are not whole in memory; NULL where all are */
	unsigned notes_lost; /* so many could not be read; set by elf_write_headers() */
	const struct dump_range *segments; /* in the order of the program headers; may overlap */
	size_t segment_count;
	struct elf_piece *pieces; /* sorted, disjoint; offset is set here */
	size_t piece_count;
};

/*
 * Cuts the memory of the ranges into pieces: a run of ELF_HOLE_PAGES or more that are not kept ends one, and so does a range.
 * *ret is to be freed. -ENOMEM.
 */
#define ELF_HOLE_PAGES 256
int elf_pieces(const struct dump_range *ranges, size_t range_count, const struct bitmap *kept,
	       uint32_t page_size, struct elf_piece **ret, size_t *ret_count) _must_check_;

/* Sets the pieces' offsets and writes the headers, which say "incomplete". -E2BIG more segments than can be counted. */
int elf_write_headers(struct sink *s, struct elf_meta *m, struct error *e) _must_check_;

/* Says that the file is whole. */
int elf_write_finish(struct sink *s, struct error *e) _must_check_;
