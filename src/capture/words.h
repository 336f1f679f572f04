/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The crashed kernel's last records, kept while its log is read from the oldest on: what comes is kept, and the oldest goes where
 * there are too many. Receivers know of so many whether they came (netconsole/stream_history.h).
 */
#include "kernel/printk.h"
#include "netconsole/encode.h"

#define WORDS_MAX 1000
#define WORDS_BYTES KIB(256)

struct word;

/* Zero-initialised is empty. */
struct words {
	struct word *ring[WORDS_MAX];
	size_t first, count;
	size_t bytes; /* of text and device names */
	bool unnumbered; /* records without numbers, which nobody could put in their place, were left out */
};

/* For printk_each(). -ENOMEM */
int words_take(void *user, const struct printk_record *rec) _must_check_;

/* i: from the oldest on, below words->count. All that ret points to belongs to the word. */
void words_get(const struct words *w, size_t i, struct encode_record *ret);

void words_done(struct words *w);
