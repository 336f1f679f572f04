/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <string.h>

#include "base/bitmap.h"
#include "base/progress.h"
#include "dumpfile/dumpfile.h"

/*
 * Is this page all zeros? len is a multiple of 64. Most pages that are not differ in the first line; the loop over a line is
 * one the compiler turns into vector instructions.
 */
static inline bool page_is_zero(const void *page, size_t len)
{
	const uint8_t *p = page;

	for (const uint8_t *end = p + len; p < end; p += 64) {
		uint64_t line[8], any = 0;

		memcpy(line, p, sizeof(line));
		for (size_t i = 0; i < ARRAY_SIZE(line); i++)
			any |= line[i];
		if (any)
			return false;
	}
	return true;
}

/* Clears the bits of kept pages that are all zeros, in threads. *ret counts them. Pages that cannot be read stay. */
int zero_pages_clear(struct dumpfile *d, struct bitmap *kept, unsigned threads,
		     struct progress *progress, uint64_t *ret, struct error *e) _must_check_;
