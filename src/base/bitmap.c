/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bitmap.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

static size_t map_size(uint64_t bits)
{
	return (size_t)(DIV_ROUND_UP(bits, 64) * sizeof(uint64_t));
}

int bitmap_init(struct bitmap *b, uint64_t bits)
{
	void *p;

	if (!bits || bits > (uint64_t)1 << 48)
		return -EINVAL;
	p = mmap(NULL, map_size(bits), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	*b = (struct bitmap){ .words = p, .bits = bits };
	return 0;
}

void bitmap_done(struct bitmap *b)
{
	if (b->words)
		munmap(b->words, map_size(b->bits));
	*b = (struct bitmap){ 0 };
}

/* The bits of [start, end) that lie in the word that holds start. */
static uint64_t word_mask(uint64_t start, uint64_t end)
{
	uint64_t first = start % 64, n = MIN(end - start, 64 - first);

	return (n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1) << first;
}

static void fill_range(struct bitmap *b, uint64_t start, uint64_t n, bool value)
{
	uint64_t end = start + n;

	while (start < end) {
		if (start % 64 == 0 && end - start >= 64) {
			uint64_t words = (end - start) / 64;

			memset(b->words + start / 64, value ? 0xff : 0, words * sizeof(uint64_t));
			start += words * 64;
			continue;
		}
		if (value)
			b->words[start / 64] |= word_mask(start, end);
		else
			b->words[start / 64] &= ~word_mask(start, end);
		start = MIN(end, (start / 64 + 1) * 64);
	}
}

void bitmap_set_range(struct bitmap *b, uint64_t start, uint64_t n)
{
	fill_range(b, start, n, true);
}

void bitmap_clear_range(struct bitmap *b, uint64_t start, uint64_t n)
{
	fill_range(b, start, n, false);
}

uint64_t bitmap_count(const struct bitmap *b, uint64_t start, uint64_t n)
{
	uint64_t count = 0, end = start + n;

	while (start < end) {
		count += (uint64_t)__builtin_popcountll(b->words[start / 64] &
							word_mask(start, end));
		start = MIN(end, (start / 64 + 1) * 64);
	}
	return count;
}

static uint64_t next_bit(const struct bitmap *b, uint64_t start, uint64_t flip)
{
	uint64_t i, word;

	if (start >= b->bits)
		return b->bits;
	i = start / 64;
	word = (b->words[i] ^ flip) & (UINT64_MAX << (start % 64));
	while (!word) {
		if (++i >= DIV_ROUND_UP(b->bits, 64))
			return b->bits;
		word = b->words[i] ^ flip;
	}
	return MIN(b->bits, i * 64 + (uint64_t)__builtin_ctzll(word));
}

uint64_t bitmap_next_set(const struct bitmap *b, uint64_t start)
{
	return next_bit(b, start, 0);
}

uint64_t bitmap_next_clear(const struct bitmap *b, uint64_t start)
{
	return next_bit(b, start, UINT64_MAX);
}
