/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * ELF notes in a row, as they stand in a vmcore: name and desc padded to 4 bytes, little-endian.
 * Those that are whole in memory come first; the others (device dumps) follow and go from dump to
 * dump in pieces.
 */
#include "base/sink.h"
#include "dumpfile/dumpfile.h"

struct notes_size {
	uint64_t memory; /* of those that are whole in memory */
	uint64_t total;
};

/* -E2BIG where they are more than can be copied. */
int notes_measure(const struct dump_note *notes, size_t count, struct notes_size *ret,
		  struct error *e) _must_check_;

/* Of one note, and where its desc begins in it. */
uint64_t note_size(const struct dump_note *n);
uint64_t note_desc(const struct dump_note *n);

/* Those that are whole in memory, into so many bytes, which are zero. */
void notes_put(const struct dump_note *notes, size_t count, uint8_t *to);

/* The others, from offset `at` of the sink on. What cannot be read of d is left zeros; *ret_lost:
 * so many notes are not whole. */
int notes_stream(const struct dump_note *notes, size_t count, const struct dumpfile *d,
		 struct sink *s, uint64_t at, unsigned *ret_lost, struct error *e) _must_check_;
