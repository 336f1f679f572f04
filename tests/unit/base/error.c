/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

static void test_reads_from_the_outside_in(void **state)
{
	struct error e = { 0 };

	assert_int_equal(error_errno(&e, -ENOENT, "open"), -ENOENT);
	assert_int_equal(error_prefix(&e, -EIO, "page %d", 7), -EIO);
	assert_string_equal(error_text(&e), "page 7: open: No such file or directory");
	assert_int_equal(e.code, -EIO);
	assert_int_equal(error_set(NULL, -EIO, "x"), -EIO);
}

static void test_long_text_is_cut(void **state)
{
	struct error e = { 0 };

	for (int i = 0; i < 100; i++)
		error_prefix(&e, -EIO, "0123456789");
	assert_true(strlen(e.text) < sizeof(e.text));
	assert_memory_equal(e.text, "0123456789: 0123456789", 22);
}

static void test_code_alone(void **state)
{
	struct error e = { .code = -ENOMEM };

	assert_string_equal(error_text(&e), strerror(ENOMEM));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads_from_the_outside_in),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_code_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
