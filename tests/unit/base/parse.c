/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/parse.h"

#include <errno.h>

#include "../test.h"

static void test_size(void **state)
{
	static const struct {
		const char *word, *letters;
		uint64_t max;
		int r;
		uint64_t size;
	} cases[] = {
		{ "5000", "kKMG", UINT64_MAX, 0, 5000 },
		{ "007", "kKMG", UINT64_MAX, 0, 7 },
		{ "00000000000000000000000000001k", "kKMG", 1, 0, 1024 },
		{ "3k", "kKMG", 3, 0, KIB(3) },
		{ "3K", "kKMG", 3, 0, KIB(3) },
		{ "3M", "kKMG", 3, 0, MIB(3) },
		{ "3G", "kKMG", 3, 0, GIB(3) },
		{ "2T", "KMGT", 2, 0, GIB(2048) },
		{ "0M", "kKMG", 3, 0, 0 },
		{ "4M", "kKMG", 3, -ERANGE, 0 },
		{ "16777216T", "KMGT", UINT64_MAX, -ERANGE, 0 },
		{ "3K", "kMG", 3, -EINVAL, 0 },
		{ "3T", "kKMG", 3, -EINVAL, 0 },
		{ "3Mb", "kKMG", 3, -EINVAL, 0 },
		{ "3MM", "kKMG", 3, -EINVAL, 0 },
		{ "-3", "kKMG", 3, -EINVAL, 0 },
		{ "M", "kKMG", 3, -EINVAL, 0 },
		{ "", "kKMG", 3, -EINVAL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t size = 99;

		assert_int_equal(parse_scaled(cases[i].word, cases[i].letters, cases[i].max, &size),
				 cases[i].r);
		assert_int_equal(size, cases[i].r ? 99 : cases[i].size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_size) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
