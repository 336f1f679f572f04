/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/search.h"

#include "base/macro.h"

#include "../test.h"

static void test_every_place(void **state)
{
	static const int list[] = { 1, 3, 3, 3, 7 };
	static const struct {
		int value;
		size_t first, above;
	} rows[] = { { 0, 0, 0 }, { 1, 0, 1 }, { 2, 1, 1 }, { 3, 1, 4 },
		     { 5, 4, 4 }, { 7, 4, 5 }, { 8, 5, 5 } };

	for (size_t n = 0; n < ARRAY_SIZE(rows); n++) {
		assert_int_equal(search_first(i, ARRAY_SIZE(list), list[i] >= rows[n].value),
				 rows[n].first);
		assert_int_equal(search_first(i, ARRAY_SIZE(list), list[i] > rows[n].value),
				 rows[n].above);
	}
	assert_int_equal(search_first(i, 0, list[i] > 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_every_place) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
