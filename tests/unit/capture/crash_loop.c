/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/crash_loop.h"

#include <string.h>

#include "../test.h"

#define NOW 1795230840 /* 2026-11-21 03:14:00 UTC */

static unsigned count(const char *names, unsigned window, unsigned *ret_future)
{
	return crash_loop_count(names, "10.0.0.2", "", NOW, window, ret_future);
}

static void test_window(void **state)
{
	static const char names[] = "10.0.0.2-2026-11-21-03:14:00\n"
				    "10.0.0.2-2026-11-21-03:04:00\n"
				    "10.0.0.2-2026-11-21-02:44:00\n"
				    "10.0.0.2-2026-11-21-02:43:59\n"
				    "10.0.0.2-2025-11-21-03:14:00\n";
	unsigned future = 9;

	assert_int_equal(count(names, 1800, &future), 3);
	assert_int_equal(future, 0);
	assert_int_equal(count(names, 60, &future), 1);
	assert_int_equal(count("", 60, &future), 0);
}

static void test_clock_that_was_ahead(void **state)
{
	unsigned future;

	assert_int_equal(count("10.0.0.2-2026-11-21-03:14:00\n10.0.0.2-2036-01-01-00:00:00\n"
			       "10.0.0.2-2026-11-21-03:14:01",
			       1800, &future),
			 1);
	assert_int_equal(future, 2);
}

static void test_strange_names(void **state)
{
	char names[400];
	unsigned future;

	memset(names, 'x', sizeof(names));
	names[sizeof(names) - 1] = '\0';
	memcpy(names, "10.0.0.2-2026-11-21-03:14:00-", 29);
	assert_int_equal(count(names, 60, &future), 1);
	assert_int_equal(count("\n\n10.0.0.2-\n-\n10.0.0.3-2026-11-21-03:14:00\n", 60, &future), 0);
	assert_int_equal(future, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_clock_that_was_ahead),
		cmocka_unit_test(test_strange_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
