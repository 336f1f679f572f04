/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A bitmap of 64-bit words, bit n of the map in word n / 64: on a little-endian machine the byte order is that
 * of the kdump-compressed format (bit n in byte n / 8, least significant first).
 */
#include <limits.h>

#include "base/cleanup.h"
#include "base/macro.h"

struct bitmap {
	uint64_t *words;
	uint64_t bits;
};

/* All bits clear. Memory is mapped, so that parts never touched cost nothing. -ENOMEM. */
int bitmap_init(struct bitmap *b, uint64_t bits) _must_check_;
void bitmap_done(struct bitmap *b);

#define _cleanup_bitmap_ _cleanup_(bitmap_done)

/* [start, start + n) must lie inside the map. */
void bitmap_set_range(struct bitmap *b, uint64_t start, uint64_t n);
void bitmap_clear_range(struct bitmap *b, uint64_t start, uint64_t n);
uint64_t bitmap_count(const struct bitmap *b, uint64_t start, uint64_t n);

/* The first set (clear) bit at or after start, or b->bits. */
uint64_t bitmap_next_set(const struct bitmap *b, uint64_t start);
uint64_t bitmap_next_clear(const struct bitmap *b, uint64_t start);

static inline bool bitmap_get(const struct bitmap *b, uint64_t n)
{
	return b->words[n / 64] >> (n % 64) & 1;
}

static inline void bitmap_set(struct bitmap *b, uint64_t n)
{
	b->words[n / 64] |= UINT64_C(1) << (n % 64);
}

static inline void bitmap_clear(struct bitmap *b, uint64_t n)
{
	b->words[n / 64] &= ~(UINT64_C(1) << (n % 64));
}
