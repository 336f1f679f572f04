/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/shell.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

static void test_values(void **state)
{
	static const struct {
		const char *text, *value;
		unsigned line;
	} cases[] = {
		{ "A=", "", 1 },
		{ "A=b", "b", 1 },
		{ "\n# A=c\n  A=b # c\n", "b", 3 },
		{ "A=\"b c\"", "b c", 1 },
		{ "A='b \"$c\" `'", "b \"$c\" `", 1 },
		{ "A=b'c d'\"e\"f", "bc def", 1 },
		{ "A=b#c", "b#c", 1 },
		{ "A=b\\ c\\#", "b c#", 1 },
		{ "A=\"\\$b \\\\ \\x \\\"\"", "$b \\ \\x \"", 1 },
		{ "A=\"b \\\nc\"", "b c", 1 },
		{ "A=\"b\nc\"", "b\nc", 1 },
		{ "A=b\\\nc", "bc", 1 },
		{ "A=b; B=c;A=d", "d", 1 },
		{ "A=b A=c", "c", 1 },
		{ "A=b \\\nA=c", "c", 2 },
		{ "B=1\nA=\"x$B\"${B}y$B", "x11y1", 2 },
		{ "A=b\nA+=c\nA+=\" d\"", "bc d", 3 },
		{ "A+=c", "c", 1 },
		{ "export A=b B", "b", 1 },
		{ "A=\"1G$ $%\"$", "1G$ $%$", 1 },
		{ "A='$1'", "$1", 1 },
		{ "A=b~c{d,e}*?[f]!", "b~c{d,e}*?[f]!", 1 },
		{ "exporter=x;A=b", "b", 1 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_shell_ struct shell_file f = { 0 };
		const struct shell_assignment *a;
		struct error e = { 0 };

		if (shell_parse(cases[i].text, strlen(cases[i].text), "f", &f, &e) < 0)
			fail_msg("%s: %s", cases[i].text, error_text(&e));
		a = shell_find(&f, "A");
		assert_non_null(a);
		assert_string_equal(a->value, cases[i].value);
		assert_int_equal(a->line, cases[i].line);
	}
}

#define ALONE "lastword reads assignments alone: NAME=\"value\""

static void test_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "A=$(id)", "f:1: $(…) would need a shell; " ALONE },
		{ "\nA=`id`", "f:2: `…` would need a shell; " ALONE },
		{ "A=\"`id`\"", "f:1: `…` would need a shell; " ALONE },
		{ "A=${B:-c}", "f:1: ${…} would need a shell; " ALONE },
		{ "A=$'b'", "f:1: $'…' would need a shell; " ALONE },
		{ "A=(b c)", "f:1: an array would need a shell; " ALONE },
		{ "A[1]=b", "f:1: an array would need a shell; " ALONE },
		{ "A=b & B=c", "f:1: '&' is a command, which needs a shell; " ALONE },
		{ "A=b|c", "f:1: | would need a shell; " ALONE },
		{ "A=~/x", "f:1: ~ would need a shell; " ALONE },
		{ "A=/x:~", "f:1: ~ would need a shell; " ALONE },
		{ "export A={b,c}", "f:1: export with { would need a shell; " ALONE },
		{ "if true; then A=b; fi", "f:1: 'if' is a command, which needs a shell; " ALONE },
		{ "A=b true", "f:1: 'true' is a command, which needs a shell; " ALONE },
		{ "A = b", "f:1: 'A' is a command, which needs a shell; " ALONE },
		{ "export -n A", "f:1: '-n' is a command, which needs a shell; " ALONE },
		{ "A=b;;", "f:1: ';' is a command, which needs a shell; " ALONE },
		{ "A=1\nB=$C", "f:2: $C is not set before in this file; write what it stands for" },
		{ "A=memmap=1G$4G", "f:1: $4 means something to a shell; write \\$ for a dollar" },
		{ "B=1\n\nA=\"b\n\nc", "f:5: the quote of line 3 does not end" },
		{ "A='b", "f:1: the quote of line 1 does not end" },
		{ "A=b\\", "f:1: nothing follows the last backslash" },
		{ "A=b\r\n", "f:1: a control character; is this a text file with Unix line ends?" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_shell_ struct shell_file f = { 0 };
		struct error e = { 0 };

		assert_true(shell_parse(cases[i].text, strlen(cases[i].text), "f", &f, &e) < 0);
		assert_string_equal(error_text(&e), cases[i].error);
	}
}

/* A value that doubles with each line ends at its limit, not at the machine's. */
static void test_limits(void **state)
{
	_cleanup_shell_ struct shell_file f = { 0 };
	_cleanup_buf_ struct buf text = { 0 };

	assert_int_equal(buf_printf(&text, "A=0123456789\n"), 0);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(buf_printf(&text, "A=$A$A\n"), 0);
	assert_true(shell_parse(text.data, text.len, "f", &f, NULL) < 0);
	assert_true(f.count < 20);
	shell_done(&f);
	text.len = 0;
	for (unsigned i = 0; i <= SHELL_ASSIGNMENTS_MAX; i++)
		assert_int_equal(buf_printf(&text, "A=1\n"), 0);
	assert_true(shell_parse(text.data, text.len, "f", &f, NULL) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
