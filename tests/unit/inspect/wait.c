/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "inspect/wait_impl.h"

#include "../test.h"

static void test_kinds(void **state)
{
	static const struct {
		const char *function;
		enum lock_kind kind;
		bool writer;
	} cases[] = {
		{ "__mutex_lock.constprop.0", LOCK_MUTEX, false },
		{ "__mutex_lock.isra.0", LOCK_MUTEX, false },
		{ "mutex_lock_interruptible", LOCK_MUTEX, false },
		{ "rwsem_down_write_slowpath", LOCK_RWSEM, true },
		{ "rwsem_down_read_slowpath", LOCK_RWSEM, false },
		{ "down_write_killable", LOCK_RWSEM, true },
		{ "__down_common", LOCK_SEMAPHORE, false },
		{ "down", LOCK_SEMAPHORE, false },
		{ "mutex_lock_of_mine", LOCK_NONE, false },
		{ "percpu_down_write", LOCK_NONE, false },
		{ "do_nanosleep", LOCK_NONE, false },
		{ "", LOCK_NONE, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		bool writer = false;

		assert_int_equal(wait_kind(cases[i].function, &writer), cases[i].kind);
		assert_int_equal(writer, cases[i].writer);
	}
}

static void test_scheduler(void **state)
{
	assert_true(wait_is_scheduler("__schedule"));
	assert_true(wait_is_scheduler("schedule_timeout"));
	assert_true(wait_is_scheduler("io_schedule.part.0"));
	assert_false(wait_is_scheduler("schedule_work"));
	assert_false(wait_is_scheduler("do_nanosleep"));
	assert_false(wait_is_scheduler(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_scheduler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
