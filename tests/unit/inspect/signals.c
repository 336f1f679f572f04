/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/signals.h"

#include <string.h>

#include "../test.h"

static void test_names(void **state)
{
	static const struct {
		unsigned sig;
		const char *name, *both;
	} cases[] = {
		{ 1, "SIGHUP", "SIGHUP" },
		{ 6, "SIGABRT", "SIGABRT/SIGIOT" },
		{ 31, "SIGSYS", "SIGSYS" },
		{ 32, "SIGRTMIN", "SIGRTMIN" },
		{ 48, "SIGRTMIN+16", "SIGRTMIN+16" },
		{ 49, "SIGRTMAX-15", "SIGRTMAX-15" },
		{ 63, "SIGRTMAX-1", "SIGRTMAX-1" },
		{ 64, "SIGRTMAX", "SIGRTMAX" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char name[SIGNAL_NAME_SIZE];

		signal_name(cases[i].sig, false, name);
		assert_string_equal(name, cases[i].name);
		signal_name(cases[i].sig, true, name);
		assert_string_equal(name, cases[i].both);
	}
}

static void test_sets(void **state)
{
	char text[SIGNALS_SIZE];

	signals_set(0, text);
	assert_string_equal(text, "");
	signals_set(UINT64_C(0x800A000000000201), text);
	assert_string_equal(text, "SIGHUP SIGUSR1 SIGRTMAX-14 SIGRTMAX-12 SIGRTMAX");
	signals_set(UINT64_MAX, text);
	assert_string_equal(text + strlen(text) - strlen(" SIGRTMAX"), " SIGRTMAX");
	signals_action_flags(0x14000000, text);
	assert_string_equal(text, "SA_RESTORER|SA_RESTART");
	signals_action_flags(UINT64_MAX, text);
	assert_true(strlen(text) < SIGNALS_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
