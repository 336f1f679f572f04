/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/deflate_fast.h"

#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "dumpfile/codec.h"

#define MOST KIB(64)
#define GUARD 64

static uint32_t next(uint32_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 17;
	*x ^= *x << 5;
	return *x;
}

/* Bytes of skewed shares, runs, and copies from before; seed says how much of each. */
static void fill(uint8_t *data, size_t len, uint32_t seed)
{
	uint32_t x = seed * 2654435761u + 1;
	uint32_t copies = seed % 5, spread = 1 + seed % 17;

	for (size_t at = 0; at < len;) {
		size_t n = MIN(1 + next(&x) % (seed % 3 ? 40 : 700), len - at);

		if (at && next(&x) % 6 < copies) {
			size_t from = next(&x) % at;

			for (; n; n--)
				data[at++] = data[from++];
		} else {
			for (; n; n--)
				data[at++] = (uint8_t)(__builtin_ctz(next(&x) | 1u << 31) * spread);
		}
	}
}

static void check(struct deflate_fast *d, struct codec_state *inflate, const uint8_t *data,
		  size_t len)
{
	static uint8_t packed[MOST + GUARD], again[MOST], once_more[MOST + GUARD];
	size_t cap = MAX(len, (size_t)1024), n;

	memset(packed, 0x5a, sizeof(packed));
	n = deflate_fast_zlib(d, data, len, packed, cap);
	for (size_t i = 0; i < GUARD; i++)
		assert_int_equal(packed[cap + i], 0x5a);
	if (!n)
		return;
	assert_true(n < len);
	assert_int_equal(codec_by_id(CODEC_ZLIB)->decompress(inflate, packed, n, again, len), 0);
	assert_memory_equal(again, data, len);
	assert_int_equal(deflate_fast_zlib(d, data, len, once_more, cap), n);
	assert_memory_equal(packed, once_more, n);
}

static void test_any_content(void **state)
{
	struct deflate_fast *d = deflate_fast_new(MOST);
	struct codec_state *inflate = codec_by_id(CODEC_ZLIB)->decompressor_new(MOST);
	uint8_t *data = malloc(MOST);

	for (uint32_t seed = 0; seed < 400; seed++) {
		size_t len = seed % 40 == 39 ? MOST : 1 + seed * 37 % 5000;

		fill(data, len, seed);
		check(d, inflate, data, len);
	}
	for (unsigned len = 1; len < 700; len++) {
		memset(data, (int)len, len);
		check(d, inflate, data, len);
	}
	free(data);
	deflate_fast_free(d);
	codec_by_id(CODEC_ZLIB)->state_free(inflate);
}

/* Shares that fall by powers of two, and faster than codes can get longer. */
static void test_codes_have_a_limit(void **state)
{
	struct deflate_fast *d = deflate_fast_new(MOST);
	struct codec_state *inflate = codec_by_id(CODEC_ZLIB)->decompressor_new(MOST);
	uint8_t *data = malloc(MOST);
	size_t at = 0;

	for (unsigned byte = 0; byte < 15; byte++)
		for (size_t i = 0; i < MOST >> (byte + 1); i++)
			data[at++] = (uint8_t)byte;
	for (size_t i = at; i > 1; i--) {
		size_t other = (i * 2654435761u >> 7) % i;
		uint8_t byte = data[i - 1];

		data[i - 1] = data[other];
		data[other] = byte;
	}
	assert_true(deflate_fast_zlib(d, data, at, data + at, 0) == 0);
	check(d, inflate, data, at);
	free(data);
	deflate_fast_free(d);
	codec_by_id(CODEC_ZLIB)->state_free(inflate);
}

static void test_what_it_refuses(void **state)
{
	struct deflate_fast *d = deflate_fast_new(4096);
	uint8_t page[4097] = { 0 }, packed[4096];

	assert_null(deflate_fast_new(MOST + 1));
	assert_int_equal(deflate_fast_zlib(d, page, 4097, packed, sizeof(packed)), 0);
	assert_int_equal(deflate_fast_zlib(d, page, 0, packed, sizeof(packed)), 0);
	assert_int_equal(deflate_fast_zlib(d, page, 4096, packed, 100), 0);
	assert_in_range(deflate_fast_zlib(d, page, 4096, packed, sizeof(packed)), 1, 100);
	deflate_fast_free(d);
	deflate_fast_free(NULL);
}

/* Noise is given up early; where a fifth of it repeats, or it has 7 bits a byte, something is gained. */
static void test_noise(void **state)
{
	struct deflate_fast *d = deflate_fast_new(4096);
	struct codec_state *inflate = codec_by_id(CODEC_ZLIB)->decompressor_new(4096);
	uint8_t page[4096], packed[2 * 4096];
	uint32_t x = 7;

	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = (uint8_t)(next(&x) >> 11);
	assert_int_equal(deflate_fast_zlib(d, page, 4096, packed, sizeof(packed)), 0);
	for (size_t i = 128; i < 1024; i++)
		page[i] = page[i - 128];
	assert_in_range(deflate_fast_zlib(d, page, 4096, packed, sizeof(packed)), 3200, 3500);
	check(d, inflate, page, 4096);
	for (size_t i = 0; i < sizeof(page); i++)
		page[i] = (uint8_t)(next(&x) >> 11 & 0x7f);
	assert_in_range(deflate_fast_zlib(d, page, 4096, packed, sizeof(packed)), 3584, 3800);
	check(d, inflate, page, 4096);
	deflate_fast_free(d);
	codec_by_id(CODEC_ZLIB)->state_free(inflate);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_content),
		cmocka_unit_test(test_codes_have_a_limit),
		cmocka_unit_test(test_what_it_refuses),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
