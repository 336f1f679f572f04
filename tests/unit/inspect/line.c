/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/line.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"

static void test_words(void **state)
{
	static const struct {
		const char *text;
		int count;
		const char *words[4];
		const char *shell, *file;
		bool append;
	} cases[] = {
		{ "", 0, { 0 }, NULL, NULL, false },
		{ "  # nothing", 0, { 0 }, NULL, NULL, false },
		{ " rd  -8 linux_banner 20\n",
		  4,
		  { "rd", "-8", "linux_banner", "20" },
		  NULL,
		  NULL,
		  false },
		{ "sym -q 'a b' \"c|d\"", 4, { "sym", "-q", "a b", "c|d" }, NULL, NULL, false },
		{ "sym a\\ b", 2, { "sym", "a b" }, NULL, NULL, false },
		{ "log | grep 'x | y' > f", 1, { "log" }, " grep 'x | y' > f", NULL, false },
		{ "log -t>out", 2, { "log", "-t" }, NULL, "out", false },
		{ "log >> 'two words'", 1, { "log" }, NULL, "two words", true },
		{ "!ls | wc", 0, { 0 }, "ls | wc", NULL, false },
		{ "rd a#b", 2, { "rd", "a#b" }, NULL, NULL, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct line l;

		assert_int_equal(line_parse(cases[i].text, &l, NULL), 0);
		assert_int_equal(l.count, cases[i].count);
		for (int n = 0; n < l.count; n++)
			assert_string_equal(l.words[n], cases[i].words[n]);
		assert_null(l.words[l.count]);
		assert_int_equal(l.shell != NULL, cases[i].shell != NULL);
		if (l.shell)
			assert_string_equal(l.shell, cases[i].shell);
		assert_int_equal(l.file != NULL, cases[i].file != NULL);
		if (l.file)
			assert_string_equal(l.file, cases[i].file);
		assert_int_equal(l.append, cases[i].append);
		line_done(&l);
	}
}

static void test_lines_that_make_no_sense(void **state)
{
	static const char *const bad[] = { "sym 'open", "log >", "log > a b", "log |", "log | " };
	char many[4 * LINE_WORDS];
	struct line l;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(line_parse(bad[i], &l, NULL), -EINVAL);
	many[0] = '\0';
	for (int i = 0; i <= LINE_WORDS; i++)
		strcat(many, "x ");
	assert_int_equal(line_parse(many, &l, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_lines_that_make_no_sense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
