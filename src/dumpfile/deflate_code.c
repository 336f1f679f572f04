/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/deflate_code.h"

#include "base/macro.h"

/* Shorter than the format's 15: fewer different lengths, and three literals fit into one store. */
#define CODE_MAX 11
#define CODE_SPACE (1 << CODE_MAX)

/* Logarithms count in sixteenths. */
#define LOG_SHIFT 4
#define LOG_ONE (1 << LOG_SHIFT)

/* A header takes as much of a page: where codes save less than that, there is none. */
#define WORTH 32

/* Symbols of the code of lengths: 3 to 10 zeros, 11 to 138. */
enum { ZEROS = 17, MANY_ZEROS = 18 };

/* One code of the code lengths for all blocks, measured on pages of kernels; canonical, complete, and turned round. */
static const struct deflate_code header_codes[] = {
	[0] = { 0x02, 3 },  [1] = { 0x3f, 7 },	[2] = { 0x7f, 7 },  [3] = { 0x1f, 6 },
	[4] = { 0x07, 5 },  [5] = { 0x01, 4 },	[6] = { 0x09, 4 },  [7] = { 0x05, 4 },
	[8] = { 0x00, 2 },  [9] = { 0x06, 3 },	[10] = { 0x0d, 4 }, [11] = { 0x17, 5 },
	[16] = { 0x03, 4 }, [17] = { 0x0b, 4 }, [18] = { 0x0f, 5 },
};
/* The order in which a header has their lengths; the last, of 15, is not written. */
static const uint8_t header_order[] = {
	16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1
};

/* 16 * log2(i), rounded */
static const uint8_t log_table[256] = {
	0,   0,	  16,  25,  32,	 37,  41,  45,	48,  51,  53,  55,  57,	 59,  61,  63,	64,  65,
	67,  68,  69,  70,  71,	 72,  73,  74,	75,  76,  77,  78,  79,	 79,  80,  81,	81,  82,
	83,  83,  84,  85,  85,	 86,  86,  87,	87,  88,  88,  89,  89,	 90,  90,  91,	91,  92,
	92,  93,  93,  93,  94,	 94,  95,  95,	95,  96,  96,  96,  97,	 97,  97,  98,	98,  98,
	99,  99,  99,  100, 100, 100, 101, 101, 101, 101, 102, 102, 102, 103, 103, 103, 103, 104,
	104, 104, 104, 105, 105, 105, 105, 106, 106, 106, 106, 107, 107, 107, 107, 107, 108, 108,
	108, 108, 109, 109, 109, 109, 109, 110, 110, 110, 110, 110, 111, 111, 111, 111, 111, 111,
	112, 112, 112, 112, 112, 113, 113, 113, 113, 113, 113, 114, 114, 114, 114, 114, 114, 115,
	115, 115, 115, 115, 115, 116, 116, 116, 116, 116, 116, 116, 117, 117, 117, 117, 117, 117,
	117, 118, 118, 118, 118, 118, 118, 118, 119, 119, 119, 119, 119, 119, 119, 119, 120, 120,
	120, 120, 120, 120, 120, 121, 121, 121, 121, 121, 121, 121, 121, 121, 122, 122, 122, 122,
	122, 122, 122, 122, 123, 123, 123, 123, 123, 123, 123, 123, 123, 124, 124, 124, 124, 124,
	124, 124, 124, 124, 125, 125, 125, 125, 125, 125, 125, 125, 125, 125, 126, 126, 126, 126,
	126, 126, 126, 126, 126, 126, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 127, 128,
	128, 128, 128, 128,
};

/* v > 0 */
static int log_of(uint32_t v)
{
	unsigned shift = 0;

	if (v >= ARRAY_SIZE(log_table))
		shift = 24 - (unsigned)__builtin_clz(v);
	return (int)(shift << LOG_SHIFT) + log_table[v >> shift];
}

/* The symbols of an alphabet that are in use, in order; what each loses by its length being a whole number. */
struct alphabet {
	size_t size;
	size_t used;
	uint16_t symbols[DEFLATE_LITLEN];
	uint8_t lengths[DEFLATE_LITLEN];
	uint8_t lost[DEFLATE_LITLEN]; /* at most LOG_ONE */
	int room;		      /* of CODE_SPACE, what no code has */
};

/* Too much was taken: the longest get longer, which costs least. */
static void lengthen(struct alphabet *a)
{
	unsigned longest = CODE_MAX;

	while (a->room < 0) {
		longest = longest > 1 ? longest - 1 : CODE_MAX - 1;
		for (size_t i = 0; i < a->used && a->room < 0; i++)
			if (a->lengths[i] == longest)
				a->room += CODE_SPACE >> ++a->lengths[i];
	}
}

/* Until no room is left: an inflate takes complete codes alone. Those that lost most come first, as far as all of them fit. */
static void shorten(struct alphabet *a)
{
	int wanted[LOG_ONE + 1] = { 0 }, loss = LOG_ONE;

	for (size_t i = 0; i < a->used; i++)
		wanted[a->lost[i]] += CODE_SPACE >> a->lengths[i];
	for (; loss > 0 && wanted[loss] <= a->room; loss--)
		a->room -= wanted[loss];
	for (size_t i = 0; i < a->used; i++)
		a->lengths[i] -= a->lost[i] > loss;
	while (a->room > 0)
		for (size_t i = 0; i < a->used && a->room > 0; i++) {
			int step = CODE_SPACE >> a->lengths[i];

			if (step <= a->room && a->lengths[i] > 1) {
				a->room -= step;
				a->lengths[i]--;
			}
		}
}

static void lengths_make(struct alphabet *a, const uint32_t *counts, size_t size)
{
	uint32_t total = 0;
	int whole;

	a->size = size;
	a->used = 0;
	a->room = CODE_SPACE;
	for (size_t i = 0; i < size; i++) {
		total += counts[i];
		a->symbols[a->used] = (uint16_t)i;
		a->used += counts[i] > 0;
	}
	a->lengths[0] = 1;
	if (a->used < 2)
		return;
	whole = log_of(total);
	for (size_t i = 0; i < a->used; i++) {
		int share = whole - log_of(counts[a->symbols[i]]);
		int length = MIN(MAX((share + LOG_ONE - 1) >> LOG_SHIFT, 1), CODE_MAX);

		a->lengths[i] = (uint8_t)length;
		a->lost[i] = length > 1
				     ? (uint8_t)MIN(MAX((length << LOG_SHIFT) - share, 0), LOG_ONE)
				     : 0;
		a->room -= CODE_SPACE >> length;
	}
	lengthen(a);
	shorten(a);
}

static uint32_t turned(uint32_t value, unsigned bits)
{
	value = (value & 0x5555) << 1 | (value >> 1 & 0x5555);
	value = (value & 0x3333) << 2 | (value >> 2 & 0x3333);
	value = (value & 0x0f0f) << 4 | (value >> 4 & 0x0f0f);
	value = (value & 0x00ff) << 8 | (value >> 8 & 0x00ff);
	return value >> (16 - bits);
}

/* Canonical codes, turned round as the format wants them. ret has room for all symbols. */
static void codes_assign(const struct alphabet *a, struct deflate_code *ret)
{
	uint32_t next[CODE_MAX + 2] = { 0 }, count[CODE_MAX + 1] = { 0 };

	for (size_t i = 0; i < a->used; i++)
		count[a->lengths[i]]++;
	for (unsigned bits = 1; bits <= CODE_MAX; bits++)
		next[bits + 1] = (next[bits] + count[bits]) << 1;
	memset(ret, 0, a->size * sizeof(*ret));
	for (size_t i = 0; i < a->used; i++) {
		unsigned bits = a->lengths[i];

		ret[a->symbols[i]] = (struct deflate_code){ turned(next[bits]++, bits), bits };
	}
}

static void put_zeros(struct bits *b, size_t n)
{
	while (n >= 3) {
		size_t part = MIN(n, (size_t)138);

		bits_put_code(b, header_codes[part < 11 ? ZEROS : MANY_ZEROS]);
		if (part < 11)
			bits_put(b, (uint32_t)part - 3, 3);
		else
			bits_put(b, (uint32_t)part - 11, 7);
		bits_store(b);
		n -= part;
	}
	while (n--)
		bits_put_code(b, header_codes[0]);
}

/* Runs of one length are rare, and not looked for. */
static void put_lengths(struct bits *b, const struct alphabet *a)
{
	size_t next = 0;

	for (size_t i = 0; i < a->used; i++) {
		if (a->symbols[i] != next)
			put_zeros(b, a->symbols[i] - next);
		bits_put_code(b, header_codes[a->lengths[i]]);
		bits_store(b);
		next = (size_t)a->symbols[i] + 1;
	}
	put_zeros(b, a->size - next);
	bits_store(b);
}

static void put_header(struct bits *b)
{
	const unsigned last = 1, dynamic = 2;

	bits_put(b, last | dynamic << 1, 3);
	bits_put(b, DEFLATE_LITLEN - 257, 5);
	bits_put(b, DEFLATE_DISTANCES - 1, 5);
	bits_put(b, ARRAY_SIZE(header_order) - 4, 4);
	bits_store(b);
	for (size_t i = 0; i < ARRAY_SIZE(header_order); i++) {
		bits_put(b, header_codes[header_order[i]].bits, 3);
		bits_store(b);
	}
}

uint64_t deflate_begin(struct bits *b, const uint32_t counts[DEFLATE_SYMBOLS],
		       struct deflate_code ret[DEFLATE_SYMBOLS])
{
	static const struct {
		size_t first, size;
	} alphabets[] = { { 0, DEFLATE_LITLEN }, { DEFLATE_LITLEN, DEFLATE_DISTANCES } };
	struct alphabet a;
	uint64_t bits = 0;

	put_header(b);
	for (size_t i = 0; i < ARRAY_SIZE(alphabets); i++) {
		const uint32_t *its = counts + alphabets[i].first;

		lengths_make(&a, its, alphabets[i].size);
		codes_assign(&a, ret + alphabets[i].first);
		put_lengths(b, &a);
		for (size_t k = 0; k < a.used; k++)
			bits += its[a.symbols[k]] * a.lengths[k];
	}
	return bits;
}

bool deflate_shrinks(const uint32_t counts[DEFLATE_LITERALS], size_t len)
{
	uint32_t total = 0, bits = 0;
	int whole;

	for (size_t i = 0; i < DEFLATE_LITERALS; i++)
		total += counts[i];
	whole = log_of(MAX(total, 1u));
	for (size_t i = 0; i < DEFLATE_LITERALS; i++)
		if (counts[i])
			bits += counts[i] * (uint32_t)(whole - log_of(counts[i]));
	return bits / 8 / LOG_ONE < len - len / WORTH;
}
