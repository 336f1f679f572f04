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
