/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/expression.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

static bool find(void *user, const char *name, uint64_t *ret)
{
	if (strcmp(name, "init_task") != 0 && strcmp(name, "fd") != 0)
		return false;
	*ret = 0xffffffff81000000;
	return true;
}

static void expect(const char *text, uint64_t value)
{
	const struct expression_names names = { find, NULL };
	uint64_t v = 0;

	assert_int_equal(expression_value(text, &names, &v, NULL), 0);
	assert_true(v == value);
}

static void expect_error(const char *text)
{
	const struct expression_names names = { find, NULL };
	struct error e = { 0 };
	uint64_t v = 7;

	assert_int_equal(expression_value(text, &names, &v, &e), -EINVAL);
	assert_true(e.text[0] != '\0');
	assert_true(v == 7);
}

static void test_numbers(void **state)
{
	expect("128m", 128 << 20);
	expect("41dc065", 0x41dc065);
	expect("0x10", 16);
	expect("10", 10);
	expect("0xfk", 15 << 10);
	expect("64G", UINT64_C(64) << 30);
	expect("ffffffffffffffff", UINT64_MAX);
	expect("18446744073709551615", UINT64_MAX);
	expect_error("18446744073709551616");
}

static void test_names(void **state)
{
	expect("init_task + 8", 0xffffffff81000008);
	/* a symbol and a number */
	expect("fd", 0xffffffff81000000);
	expect("fe", 0xfe);
	expect_error("no_such");
}

static void test_operators(void **state)
{
	expect("~0", UINT64_MAX);
	expect("-1", UINT64_MAX);
	expect("1 + 2 * 3", 7);
	expect("(1 + 2) * 3", 9);
	expect("1 << 4 + 1", 32);
	expect("7 & 3 | 8", 11);
	expect("10 - 3 - 2", 5);
	expect("(1 << 64)", 0);
	expect("1 >> 64", 0);
	expect("9 % 4 / 1", 1);
	expect("5 ^ 3", 6);
	expect("(~1 & ff)", 0xfe);
}

static void test_errors(void **state)
{
	char deep[200];

	expect_error("");
	expect_error("5 / 0");
	expect_error("5 % (3 - 3)");
	expect_error("1 +");
	expect_error("(1");
	expect_error("1)");
	expect_error("1 2");
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	expect_error(deep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
