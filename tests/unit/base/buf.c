/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/buf.h"

#include <errno.h>

#include "../test.h"

static void test_grows_and_terminates(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };

	for (int i = 0; i < 1000; i++)
		assert_int_equal(buf_printf(&b, "%d,", i % 10), 0);
	assert_int_equal(b.len, 2000);
	assert_int_equal(b.data[b.len], '\0');
	assert_memory_equal(b.data + 1998, "9,", 2);
}

static void test_limit_leaves_content(void **state)
{
	_cleanup_buf_ struct buf b = { .limit = 4 };

	assert_int_equal(buf_append(&b, "abcd", 4), 0);
	assert_int_equal(buf_append(&b, "e", 1), -E2BIG);
	assert_int_equal(buf_printf(&b, "%d", 1), -E2BIG);
	assert_string_equal(b.data, "abcd");
	assert_null(buf_reserve(&b, SIZE_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows_and_terminates),
		cmocka_unit_test(test_limit_leaves_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
