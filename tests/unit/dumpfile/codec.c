/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/codec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"

#define PAGE 4096

/* Zero, structures with a few odd bytes, noise, or half noise. */
static void fill(uint8_t *page, size_t size, unsigned kind)
{
	uint32_t x = 12345;

	for (size_t i = 0; i < size; i++) {
		x = x * 1664525 + 1013904223;
		if ((kind == 1 && i % 64 >= 4) || (kind == 3 && i % 64 >= 34))
			page[i] = (uint8_t)('a' + i % 16);
		else
			page[i] = kind ? (uint8_t)(x >> 24) : 0;
	}
}

static void round_trip(const struct codec *c, size_t size, unsigned kind)
{
	struct codec_state *in = c->compressor_new(0, (uint32_t)size);
	struct codec_state *out = c->decompressor_new((uint32_t)size);
	uint8_t *page = malloc(size), *packed = malloc(size * 2), *again = malloc(size);
	static const size_t caps[] = { 1, 2 };

	assert_non_null(in);
	assert_non_null(out);
	fill(page, size, kind);
	for (size_t i = 0; i < ARRAY_SIZE(caps); i++) {
		size_t n = c->compress(in, page, size, packed, size * caps[i]);

		assert_true(n < size);
		/* None never packs; the others pack all but noise. */
		assert_int_equal(n != 0, c->id != CODEC_NONE && kind != 2);
		if (!n)
			continue;
		memset(again, 0xaa, size);
		assert_int_equal(c->decompress(out, packed, n, again, size), 0);
		assert_memory_equal(page, again, size);
		/* Neither more nor less than a page, and not from half a frame. */
		assert_int_equal(c->decompress(out, packed, n, again, size - 1), -EINVAL);
		assert_int_equal(c->decompress(out, packed, n / 2, again, size), -EINVAL);
		assert_int_equal(c->decompress(out, packed, 0, again, size), -EINVAL);
	}
	c->state_free(in);
	c->state_free(out);
	free(page);
	free(packed);
	free(again);
}

static void test_round_trips(void **state)
{
	for (unsigned id = 0; id < CODEC_COUNT; id++)
		for (unsigned kind = 0; kind < 4; kind++)
			for (size_t size = PAGE; size <= 65536; size *= 4)
				round_trip(codec_by_id(id), size, kind);
}

/* A level is honoured, and the state survives pages of every kind in turn. */
static void test_levels_and_reuse(void **state)
{
	uint8_t page[PAGE], packed[PAGE], again[PAGE];

	for (unsigned id = CODEC_ZLIB; id < CODEC_COUNT; id++) {
		const struct codec *c = codec_by_id(id);
		struct codec_state *out = c->decompressor_new(PAGE);

		for (int level = -5; level <= 9; level++) {
			struct codec_state *in = c->compressor_new(level, PAGE);

			assert_non_null(in);
			for (unsigned i = 0; i < 30; i++) {
				size_t n;

				fill(page, PAGE, i % 3);
				n = c->compress(in, page, PAGE, packed, PAGE);
				if (i % 3 == 2)
					continue;
				assert_int_equal(c->decompress(out, packed, n, again, PAGE), 0);
				assert_memory_equal(page, again, PAGE);
			}
			c->state_free(in);
		}
		c->state_free(out);
		c->state_free(NULL);
	}
}

static void test_noise_is_refused(void **state)
{
	uint8_t noise[PAGE], page[PAGE];

	fill(noise, PAGE, 2);
	for (unsigned id = CODEC_ZLIB; id < CODEC_COUNT; id++) {
		const struct codec *c = codec_by_id(id);
		struct codec_state *out = c->decompressor_new(PAGE);

		for (size_t i = 0; i + 64 < PAGE; i += 61)
			assert_int_equal(c->decompress(out, noise + i, 64, page, PAGE), -EINVAL);
		c->state_free(out);
	}
}

static void test_lookup(void **state)
{
	assert_ptr_equal(codec_by_option('z'), codec_by_id(CODEC_ZSTD));
	assert_null(codec_by_option(0));
	assert_null(codec_by_option('x'));
	assert_ptr_equal(codec_by_flag(0), codec_by_id(CODEC_NONE));
	assert_ptr_equal(codec_by_flag(0x4), codec_by_id(CODEC_SNAPPY));
	assert_null(codec_by_flag(0x3));
	assert_null(codec_by_flag(0x40));
	assert_null(codec_by_id(CODEC_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_levels_and_reuse),
		cmocka_unit_test(test_noise_is_refused),
		cmocka_unit_test(test_lookup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
