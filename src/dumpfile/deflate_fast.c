/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/deflate_fast.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/macro.h"
#include "dumpfile/deflate_code.h"

#define MATCH_MIN 4 /* of ours; three bytes are rarely worth a distance */
#define MATCH_MAX 258
#define DISTANCE_MAX 32768
#define HASH_BITS 12
/* After so many bytes without a match every second is looked at, after as many again every third. */
#define SKIP_SHIFT 5
#define END_OF_BLOCK 256
#define FIRST_LENGTH 257
/* Bytes loaded at once. */
#define LOAD 8
/* Bytes of literals copied at once. */
#define COPY 16

#define ZLIB_HEADER_0 0x78 /* a window of 32 KiB */
#define ZLIB_HEADER_1 0x01 /* the fastest level */
#define ZLIB_HEADER_SIZE 2
#define ZLIB_CHECK_SIZE 4

/* Literals, then a match; the last of a page has length 0. */
struct sequence {
	uint32_t literals;
	uint16_t length;
	uint16_t distance;
};

struct deflate_fast {
	uint8_t length_symbol[MATCH_MAX + 1]; /* beyond FIRST_LENGTH */
	uint8_t distance_symbol[512]; /* of distance - 1; from 256 on of (distance - 1) / 128 */
	struct deflate_code codes[DEFLATE_SYMBOLS];
	uint32_t counts[DEFLATE_SYMBOLS];
	uint64_t extra_bits;
	size_t len_max;
	uint16_t heads[1 << HASH_BITS];
	uint8_t *literals; /* of all sequences, one after another; there is room for COPY more */
	struct sequence sequences[];
};

/* RFC 1951, 3.2.5: symbol 285 alone stands for 258. */
static const uint16_t length_base[] = { 3,  4,	5,  6,	 7,   8,   9,	10,  11, 13,
					15, 17, 19, 23,	 27,  31,  35,	43,  51, 59,
					67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const uint8_t length_extra[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
					2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };

static unsigned distance_extra(unsigned symbol)
{
	return symbol < 4 ? 0 : symbol / 2 - 1;
}

static unsigned distance_base(unsigned symbol)
{
	return symbol < 4 ? symbol + 1 : 1 + ((2 + (symbol & 1)) << distance_extra(symbol));
}

static void symbols_init(struct deflate_fast *d)
{
	for (unsigned symbol = 0; symbol < ARRAY_SIZE(length_base); symbol++) {
		unsigned end =
			MIN(length_base[symbol] + (1u << length_extra[symbol]), MATCH_MAX + 1u);

		for (unsigned length = length_base[symbol]; length < end; length++)
			d->length_symbol[length] = (uint8_t)symbol;
	}
	for (unsigned symbol = 0; symbol < DEFLATE_DISTANCES; symbol++) {
		unsigned first = distance_base(symbol) - 1;
		unsigned end = first + (1u << distance_extra(symbol));

		for (unsigned at = first; at < end; at++)
			d->distance_symbol[at < 256 ? at : 256 + at / 128] = (uint8_t)symbol;
	}
}

static inline unsigned distance_symbol(const struct deflate_fast *d, unsigned distance)
{
	unsigned at = distance - 1;

	return d->distance_symbol[at < 256 ? at : 256 + at / 128];
}

static inline size_t match_length(const uint8_t *src, size_t at, size_t before, size_t len)
{
	size_t start = at;

	for (; at + LOAD <= len; at += LOAD, before += LOAD) {
		uint64_t differ = le64_get(src + at) ^ le64_get(src + before);

		if (differ)
			return at - start + (size_t)__builtin_ctzll(differ) / 8;
	}
	while (at < len && src[at] == src[before]) {
		at++;
		before++;
	}
	return at - start;
}

/* Cuts a match into what one symbol can say, none shorter than three. */
static size_t put_match(struct sequence *s, size_t literals, size_t length, size_t distance)
{
	size_t n = 0;

	while (length) {
		size_t part = MIN(length, (size_t)MATCH_MAX);

		if (length - part && length - part < MATCH_MIN)
			part -= MATCH_MIN;
		s[n++] =
			(struct sequence){ (uint32_t)literals, (uint16_t)part, (uint16_t)distance };
		length -= part;
		literals = 0;
	}
	return n;
}

/* Of the first six bytes: shorter matches are found where they happen to share a place, which is often enough. */
static inline unsigned hash(uint64_t v)
{
	return (unsigned)(((v << 16) * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - HASH_BITS));
}

/* Most are few: they are copied without asking how many. Returns the place behind them. */
static inline uint8_t *copy_literals(uint8_t *to, const uint8_t *src, size_t at, size_t n,
				     size_t len)
{
	if (at + COPY <= len && n <= COPY)
		memcpy(to, src + at, COPY);
	else
		memcpy(to, src + at, n);
	return to + n;
}

/* Returns how many sequences there are. */
static size_t find_matches(struct deflate_fast *d, const uint8_t *src, size_t len)
{
	size_t at = 1, done = 0, n = 0;
	uint8_t *literals = d->literals;

	memset(d->heads, 0, sizeof(d->heads));
	while (at + LOAD <= len) {
		uint64_t v = le64_get(src + at);
		uint16_t *head = &d->heads[hash(v)];
		size_t before = *head, length;

		*head = (uint16_t)at;
		if (le32_get(src + before) != (uint32_t)v || at - before > DISTANCE_MAX) {
			at += 1 + ((at - done) >> SKIP_SHIFT);
			continue;
		}
		while (at > done && before && src[at - 1] == src[before - 1]) {
			at--;
			before--;
		}
		length = match_length(src, at, before, len);
		literals = copy_literals(literals, src, done, at - done, len);
		n += put_match(d->sequences + n, at - done, length, at - before);
		at += length;
		done = at;
		if (at + LOAD <= len)
			d->heads[hash(le64_get(src + at - 2))] = (uint16_t)(at - 2);
	}
	copy_literals(literals, src, done, len - done, len);
	d->sequences[n++] = (struct sequence){ .literals = (uint32_t)(len - done) };
	return n;
}

/* Returns how many literals there are. They are counted at once: a loop for each sequence's ends where no processor expects it. */
static size_t count(struct deflate_fast *d, size_t n)
{
	const struct sequence *last = d->sequences + n - 1;
	size_t literals = last->literals;

	memset(d->counts, 0, sizeof(d->counts));
	d->extra_bits = 0;
	for (const struct sequence *s = d->sequences; s < last; s++) {
		unsigned length = d->length_symbol[s->length];
		unsigned distance = distance_symbol(d, s->distance);

		literals += s->literals;
		d->counts[FIRST_LENGTH + length]++;
		d->counts[DEFLATE_LITLEN + distance]++;
		d->extra_bits += length_extra[length] + distance_extra(distance);
	}
	for (size_t i = 0; i < literals; i++)
		d->counts[d->literals[i]]++;
	d->counts[END_OF_BLOCK]++;
	return literals;
}

/* Four codes and what was left fit into one store: deflate_code.c makes none above 11 bits. */
static inline void put_literals(const struct deflate_code *codes, struct bits *b,
				const uint8_t *src, size_t n)
{
	for (; n >= 4; n -= 4, src += 4) {
		bits_put_code(b, codes[src[0]]);
		bits_put_code(b, codes[src[1]]);
		bits_put_code(b, codes[src[2]]);
		bits_put_code(b, codes[src[3]]);
		bits_store(b);
	}
	if (n) {
		bits_put_code(b, codes[src[0]]);
		if (n > 1)
			bits_put_code(b, codes[src[1]]);
		if (n > 2)
			bits_put_code(b, codes[src[2]]);
		bits_store(b);
	}
}

static void put_sequences(const struct deflate_fast *d, struct bits bits, size_t n)
{
	const struct sequence *last = d->sequences + n - 1;
	const struct deflate_code *codes = d->codes;
	const uint8_t *literals = d->literals;
	struct bits *b = &bits;

	for (const struct sequence *s = d->sequences;; s++) {
		unsigned symbol;

		put_literals(codes, b, literals, s->literals);
		literals += s->literals;
		if (s == last)
			break;
		symbol = d->length_symbol[s->length];
		bits_put_code(b, codes[FIRST_LENGTH + symbol]);
		bits_put(b, s->length - length_base[symbol], length_extra[symbol]);
		symbol = distance_symbol(d, s->distance);
		bits_put_code(b, codes[DEFLATE_LITLEN + symbol]);
		bits_put(b, s->distance - distance_base(symbol), distance_extra(symbol));
		bits_store(b);
	}
	bits_put_code(b, codes[END_OF_BLOCK]);
	bits_store(b);
}

size_t deflate_fast_zlib(struct deflate_fast *d, const void *src, size_t len, void *dst, size_t cap)
{
	uint8_t *out = dst;
	struct bits b = { .out = out + ZLIB_HEADER_SIZE };
	uint64_t bits;
	size_t n, size;

	if (!len || len > d->len_max || cap < ZLIB_HEADER_SIZE + DEFLATE_HEADER_MAX)
		return 0;
	n = find_matches(d, src, len);
	if (count(d, n) > len / 4 * 3 && !deflate_shrinks(d->counts, len))
		return 0;
	out[0] = ZLIB_HEADER_0;
	out[1] = ZLIB_HEADER_1;
	bits = deflate_begin(&b, d->counts, d->codes) + d->extra_bits + b.count;
	size = (size_t)(b.out - out) + DIV_ROUND_UP(bits, 8) + ZLIB_CHECK_SIZE;
	if (size >= len || size + BITS_SLACK > cap)
		return 0;
	put_sequences(d, b, n);
	be32_put(out + size - ZLIB_CHECK_SIZE, libdeflate_adler32(1, src, len));
	return size;
}

struct deflate_fast *deflate_fast_new(size_t len_max)
{
	size_t sequences = len_max / MATCH_MIN + 2;
	struct deflate_fast *d;

	if (len_max > KIB(64))
		return NULL;
	d = calloc(1, sizeof(*d) + sequences * sizeof(struct sequence) + len_max + COPY);
	if (d) {
		d->len_max = len_max;
		d->literals = (uint8_t *)(d->sequences + sequences);
		symbols_init(d);
	}
	return d;
}

void deflate_fast_free(struct deflate_fast *d)
{
	free(d);
}
