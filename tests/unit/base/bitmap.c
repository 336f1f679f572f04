/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bitmap.h"

#include "../test.h"

/* Every range against the same done bit by bit. */
static void test_ranges(void **state)
{
	_cleanup_bitmap_ struct bitmap b = { 0 }, slow = { 0 };

	assert_int_equal(bitmap_init(&b, 260), 0);
	assert_int_equal(bitmap_init(&slow, 260), 0);
	for (uint64_t start = 0; start < 260; start += 7) {
		for (uint64_t n = 0; start + n <= 260; n += 13) {
			bitmap_clear_range(&b, 0, 260);
			bitmap_clear_range(&slow, 0, 260);
			bitmap_set_range(&b, start, n);
			for (uint64_t i = start; i < start + n; i++)
				bitmap_set(&slow, i);
			assert_memory_equal(b.words, slow.words, 5 * 8);
			assert_int_equal(bitmap_count(&b, 0, 260), n);
			assert_int_equal(bitmap_next_set(&b, 0), n ? start : 260);
			assert_int_equal(bitmap_next_clear(&b, start), start + n);
		}
	}
}

static void test_refuses_nonsense(void **state)
{
	struct bitmap b;

	assert_true(bitmap_init(&b, 0) < 0);
	assert_true(bitmap_init(&b, UINT64_MAX) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_refuses_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
