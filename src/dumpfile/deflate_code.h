/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The Huffman codes of a deflate block (RFC 1951), made in one pass over the counts: lengths are the logarithms of the shares,
 * rounded up, and what that leaves of the code space goes to those that lost most by it. One to two percent above Huffman's
 * own, for a fraction of the time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DEFLATE_LITERALS 256
#define DEFLATE_LITLEN 286
#define DEFLATE_DISTANCES 30
#define DEFLATE_SYMBOLS (DEFLATE_LITLEN + DEFLATE_DISTANCES)

/* A store of bits_store() reaches so far beyond what it writes. */
#define BITS_SLACK 8

/* The first bit is the lowest. */
struct deflate_code {
	uint32_t value : 24;
	uint32_t bits : 8;
};

struct bits {
	uint64_t word;
	unsigned count;
	uint8_t *out;
};

/* At most 56 bits after bits_store(). */
static inline void bits_put(struct bits *b, uint32_t value, unsigned count)
{
	b->word |= (uint64_t)value << b->count;
	b->count += count;
}

static inline void bits_put_code(struct bits *b, struct deflate_code c)
{
	bits_put(b, c.value, c.bits);
}

static inline void bits_store(struct bits *b)
{
	memcpy(b->out, &b->word, sizeof(b->word));
	b->out += b->count / 8;
	b->word >>= b->count & ~7u;
	b->count &= 7;
}

/* What deflate_begin() writes at most. */
#define DEFLATE_HEADER_MAX 512

/*
 * Begins the last block of a stream, with codes for counts of both alphabets, one behind the other; the end of the block has one.
 * *ret has 0 bits where a count is 0. Returns how many bits all that was counted will take, but for the extra bits of lengths
 * and distances.
 */
uint64_t deflate_begin(struct bits *b, const uint32_t counts[DEFLATE_SYMBOLS],
		       struct deflate_code ret[DEFLATE_SYMBOLS]);

/* Would codes for these literals, which are most of len bytes, save any? A fraction of what making the codes takes. */
bool deflate_shrinks(const uint32_t counts[DEFLATE_LITERALS], size_t len);
