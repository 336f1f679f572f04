/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/volumes_impl.h"

#include <errno.h>
#include <sys/sysmacros.h>

#include "../test.h"

static void test_parameters(void **state)
{
	static const char *const cases[][2] = {
		{ "@0 2048", "8:17 2048" },
		{ "2 128 @1 0 @0 65536", "2 128 254:3 0 8:17 65536" },
		{ "raid1 3 0 region_size 1024 2 - @1 @0 @0",
		  "raid1 3 0 region_size 1024 2 - 254:3 8:17 8:17" },
		{ "user@0 @ @x", "user@0 @ @x" },
		{ "", "" },
	};
	const dev_t numbers[] = { makedev(8, 17), makedev(254, 3) };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf out = { 0 };

		assert_int_equal(volume_dm_parameters(cases[i][0], numbers, 2, &out), 0);
		assert_string_equal(out.data ?: "", cases[i][1]);
	}
}

static void test_no_such_part(void **state)
{
	const dev_t number = makedev(8, 17);
	_cleanup_buf_ struct buf out = { 0 };

	assert_int_equal(volume_dm_parameters("@1 0", &number, 1, &out), -EINVAL);
	assert_int_equal(volume_dm_parameters("@99999999999999999999 0", &number, 1, &out),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_no_such_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
