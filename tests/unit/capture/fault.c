/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/capture.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../test.h"

static void test_words(void **state)
{
	static const struct {
		const char *cmdline;
		enum fault_kind kind;
		enum phase phase;
	} rows[] = {
		{ "", FAULT_NONE, PHASE_MODULES },
		{ "console=ttyS0 panic=5\n", FAULT_NONE, PHASE_MODULES },
		{ "lastword.fault=dump:hang", FAULT_HANG, PHASE_DUMP },
		{ "quiet lastword.fault=target:kill panic=5\n", FAULT_KILL, PHASE_TARGET },
		{ "lastword.fault=log:oom\n", FAULT_OOM, PHASE_LOG },
		{ "lastword.fault=kill\n", FAULT_KILL, PHASE_DUMP },
		{ "notlastword.fault=log:oom", FAULT_NONE, PHASE_MODULES },
		{ "xlastword.fault=log:oom lastword.fault=modules:hang", FAULT_HANG,
		  PHASE_MODULES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fault fault = { .kind = FAULT_OOM, .phase = PHASE_CLOSE };

		assert_int_equal(fault_parse(rows[i].cmdline, &fault), 0);
		assert_int_equal(fault.kind, rows[i].kind);
		if (fault.kind != FAULT_NONE)
			assert_int_equal(fault.phase, rows[i].phase);
	}
}

static void test_patience(void **state)
{
	static const struct {
		const char *cmdline;
		int r;
		unsigned patience;
	} rows[] = {
		{ "quiet", 0, 0 },
		{ "quiet lastword.patience=20\n", 0, 20 },
		{ "lastword.patience=3 lastword.fault=dump:hang", 0, 3 },
		{ "lastword.patience=", -EINVAL, 9 },
		{ "lastword.patience=0", -EINVAL, 9 },
		{ "lastword.patience=5s", -EINVAL, 9 },
		{ "lastword.patience=99999999999999999999", -EINVAL, 9 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fault fault = { .patience = 9 };

		assert_int_equal(fault_parse(rows[i].cmdline, &fault), rows[i].r);
		assert_int_equal(fault.patience, rows[i].patience);
	}
}

static void test_nonsense(void **state)
{
	static const char *const rows[] = {
		"lastword.fault=",	     "lastword.fault=dump",
		"lastword.fault=dump:",	     "lastword.fault=:hang",
		"lastword.fault=dump:bang",  "lastword.fault=dumps:hang",
		"lastword.fault=dump hang:", "lastword.fault=dump:hangs"
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct fault fault = { .kind = FAULT_OOM, .phase = PHASE_CLOSE };

		assert_int_equal(fault_parse(rows[i], &fault), -EINVAL);
		assert_int_equal(fault.kind, FAULT_OOM);
	}
}

static void test_kill_in_its_phase_alone(void **state)
{
	const struct fault fault = { .kind = FAULT_KILL, .phase = PHASE_LOG };
	int status;
	pid_t pid;

	fault_point(&fault, PHASE_DUMP);
	pid = fork();
	if (pid == 0) {
		fault_point(&fault, PHASE_LOG);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_patience),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_kill_in_its_phase_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
