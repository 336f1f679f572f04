/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/task.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#include "running.h"

#include "../test.h"

#define NODE(i) (RUNNING_TASK(i) + RUNNING_TASKS_NODE)
#define THREAD(i) (RUNNING_TASK(i) + RUNNING_THREAD_NODE)

/* Tasks 1 to 5 by their pids; init_task is idle, and no run queue names it here. */
static void expect_all(struct running *r)
{
	const struct task *list;
	size_t count = tasks_list(r->tasks, &list);

	assert_int_equal(count, RUNNING_TASKS - 1);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(list[i].pid, i + 1);
		assert_int_equal(list[i].addr, RUNNING_TASK(i + 1));
		assert_int_equal(list[i].tgid, MIN(i + 1, (size_t)3));
		assert_ptr_equal(tasks_by_pid(r->tasks, i + 1), &list[i]);
		assert_ptr_equal(tasks_by_addr(r->tasks, list[i].addr), &list[i]);
	}
	assert_null(tasks_by_pid(r->tasks, 6));
	assert_null(tasks_by_addr(r->tasks, RUNNING_TASK(0)));
}

static void test_list(void **state)
{
	_cleanup_running_ struct running r = { 0 };

	running_init(&r);
	running_open(&r);
	expect_all(&r);
	assert_null(tasks_damage(r.tasks));
	assert_string_equal(tasks_by_pid(r.tasks, 4)->comm, "task4");
	assert_null(tasks_panicked(r.tasks));
}

static void test_current(void **state)
{
	_cleanup_running_ struct running r = { 0 };
	struct regs regs = running_at(F_PANIC, 0x1000), got;
	bool is_call;

	running_init(&r);
	running_note(&r, 1, 4, &regs);
	running_put(&r, FAKE_IMAGE + 0x190118, 1); /* crashing_cpu */
	running_open(&r);
	assert_ptr_equal(tasks_panicked(r.tasks), tasks_by_pid(r.tasks, 4));
	assert_ptr_equal(tasks_on_cpu(r.tasks, 1), tasks_by_pid(r.tasks, 4));
	assert_null(tasks_on_cpu(r.tasks, 0));
	assert_int_equal(task_registers(r.tasks, tasks_by_pid(r.tasks, 4), &got, &is_call, NULL),
			 0);
	assert_false(is_call);
	assert_memory_equal(&got, &regs, sizeof(regs));
}

/* What is wrong with the lists, and whether something has to be said of it. */
static const struct {
	const char *what;
	uint64_t link, to; /* 0: the page of `link` is lost */
	bool damage;
} cases[] = {
	{ "a link that leads nowhere", NODE(1), 0xdead000000000100, true },
	{ "a link to no task", NODE(1), FAKE_IMAGE + 0x1a0000, true },
	{ "a circle", NODE(3), NODE(2), true },
	{ "a link to itself", NODE(2), NODE(2), true },
	{ "an early end", NODE(1), NODE(0), true },
	{ "a head that leads nowhere", NODE(0), 8, true },
	{ "threads that lead nowhere", THREAD(4), 0xdead000000000100, true },
	{ "threads in a circle", THREAD(5), THREAD(4), false },
	{ "no signal_struct", 0, 0, false },
};

static void test_damaged_lists(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_running_ struct running r = { 0 };

		running_init(&r);
		if (cases[i].link)
			running_put(&r, cases[i].link, cases[i].to);
		else
			running_lose(&r, RUNNING_SIGNAL_OF(3));
		running_open(&r);
		if (!tasks_damage(r.tasks) == cases[i].damage)
			fail_msg("%s: %s", cases[i].what,
				 tasks_damage(r.tasks) ? tasks_damage(r.tasks) : "no damage");
		expect_all(&r);
	}
}

/* Of a task whose page is gone the list knows that it is there, and the family leads on. */
static void test_lost_task(void **state)
{
	_cleanup_running_ struct running r = { 0 };
	const struct task *list, *lost;
	struct regs regs;
	struct error e = { 0 };
	bool is_call;

	running_init(&r);
	running_lose(&r, RUNNING_TASK(2));
	running_open(&r);
	assert_int_equal(tasks_list(r.tasks, &list), RUNNING_TASKS - 1);
	assert_non_null(tasks_damage(r.tasks));
	lost = tasks_by_addr(r.tasks, RUNNING_TASK(2));
	assert_non_null(lost);
	assert_int_equal(lost->pid, TASK_PID_UNKNOWN);
	assert_string_equal(lost->comm, "?");
	assert_string_equal(task_state_name(lost), "??");
	assert_true(task_registers(r.tasks, lost, &regs, &is_call, &e) < 0);
	assert_non_null(strstr(error_text(&e), "stack unknown"));
	assert_non_null(tasks_by_pid(r.tasks, 3));
}

/* Both neighbours of a task are damaged: only its family knows it. */
static void test_family(void **state)
{
	_cleanup_running_ struct running r = { 0 };

	running_init(&r);
	running_put(&r, NODE(1), 8);
	running_put(&r, NODE(3) + 8, 8);
	running_open(&r);
	expect_all(&r);
	assert_non_null(tasks_damage(r.tasks));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),	      cmocka_unit_test(test_current),
		cmocka_unit_test(test_damaged_lists), cmocka_unit_test(test_lost_task),
		cmocka_unit_test(test_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
