/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/complete.h"

#include <string.h>

#include "../test.h"

/* The word that is completed begins where the line ends. */
static void test_kinds(void **state)
{
	static const struct {
		const char *line;
		enum complete_kind kind;
	} cases[] = {
		{ "", COMPLETE_COMMANDS },
		{ "  ", COMPLETE_COMMANDS },
		{ "help ", COMPLETE_COMMANDS },
		{ "rd ", COMPLETE_SYMBOLS },
		{ "rd -8 ", COMPLETE_SYMBOLS },
		{ "struct ", COMPLETE_TYPES },
		{ "struct -o ", COMPLETE_TYPES },
		{ "struct list_head ", COMPLETE_SYMBOLS },
		{ "* ", COMPLETE_TYPES },
		{ "whatis\t", COMPLETE_TYPES },
		{ "structure ", COMPLETE_SYMBOLS },
		{ "list ", COMPLETE_SYMBOLS },
		{ "list -H modules -s ", COMPLETE_TYPES },
		{ "tree -t maple -o ", COMPLETE_TYPES },
		{ "log -s ", COMPLETE_SYMBOLS },
		{ "log | ", COMPLETE_FILES },
		{ "log > ", COMPLETE_FILES },
		{ "!", COMPLETE_FILES },
		{ "! cat ", COMPLETE_FILES },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(complete_kind_at(cases[i].line, strlen(cases[i].line)),
				 cases[i].kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_kinds) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
