/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The file inside a flattened stream, at random: one scan of the record headers gives an index. What no record wrote
 * reads as zeros, as in the file that would be restored.
 */
#include "dumpfile/source.h"

/* 1, 0, or a negative errno. */
int source_flat_probe(const struct source *s);

/*
 * Takes inner on success. *ret_complete: the end marker was met. -E2BIG where the records are more than any writer
 * makes.
 */
int source_flat_new(struct source *inner, struct source **ret, bool *ret_complete,
		    struct error *e) _must_check_;

/* Where a stream that ends early can be gone on with. */
struct flat_tail {
	uint64_t end;	   /* behind its last record, or as much of that one as is there */
	uint64_t cut;	   /* where the head of the record is that is there in part; 0: none is */
	uint64_t cut_size; /* bytes of it that are there */
	bool sealed;
	uint8_t seal[16];
};

/* Of a source that source_flat_new() made. */
struct flat_tail source_flat_tail(const struct source *s);
