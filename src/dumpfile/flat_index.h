/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which bytes of a flattened stream make which bytes of the file: records in stream order in, sorted disjoint pieces
 * out. Later records win.
 */
#include "base/macro.h"

struct flat_piece {
	uint64_t offset; /* in the file */
	uint64_t size;
	uint64_t position; /* in the stream */
};

struct flat_index {
	struct flat_piece *pieces;
	size_t n;
	size_t allocated;
	size_t *runs; /* while building: where each run of ascending pieces starts */
	size_t n_runs;
};

/* -ENOMEM, -E2BIG past a limit. */
int flat_index_add(struct flat_index *x, struct flat_piece p) _must_check_;

/* After the last add: sorts what overlaps out. -ENOMEM. */
int flat_index_finish(struct flat_index *x) _must_check_;

/* The first piece that ends above offset; n where there is none. */
size_t flat_index_find(const struct flat_index *x, uint64_t offset);

void flat_index_done(struct flat_index *x);
