/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/choose.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

#define KERNEL 0x00200000

static const struct task tasks[] = {
	{ .addr = 0xffffffff81000000,
	  .pid = 0,
	  .comm = "swapper/0",
	  .flags = KERNEL,
	  .idle = true },
	{ .addr = 0xffff888000001000,
	  .pid = 0,
	  .cpu = 1,
	  .comm = "swapper/1",
	  .flags = KERNEL,
	  .idle = true,
	  .current = true },
	{ .addr = 0xffff888000002000, .pid = 1, .tgid = 1, .comm = "init", .state = 1 },
	{ .addr = 0xffff888000003000,
	  .pid = 18,
	  .tgid = 18,
	  .comm = "kworker/u8:10-e",
	  .flags = KERNEL,
	  .state = 0x402 },
	{ .addr = 0xffff888000004000, .pid = 157, .tgid = 157, .comm = "dd", .state = 2 },
	{ .addr = 0xffff888000005000, .pid = 158, .tgid = 157, .comm = "dd", .current = true },
	{ .addr = 0xffff888000006000, .pid = 200, .tgid = 200, .comm = "157", .state = 1 },
	{ .addr = 0xffff888000007000, .pid = 201, .tgid = 201, .comm = "a+b", .state = 1 },
};

static int choose(const char *text, struct chosen *ret, struct error *e)
{
	char copy[200], *words[8], *rest = NULL;
	int count = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	return choose_by_words(tasks, ARRAY_SIZE(tasks), count, words, ret, e);
}

static void test_words(void **state)
{
	static const struct {
		const char *words;
		size_t count;
		uint8_t at[4];
	} cases[] = {
		{ "1", 1, { 2 } },
		{ "0x9d", 1, { 4 } },
		{ "0", 2, { 0, 1 } },
		{ "ffff888000003000", 1, { 3 } },
		{ "0xffff888000003000", 1, { 3 } },
		{ "dd", 2, { 4, 5 } },
		{ "157", 1, { 4 } },
		{ "\\157", 1, { 6 } },
		{ "kworker/u8:10-events", 1, { 3 } },
		{ "'swap.*'", 2, { 0, 1 } },
		{ "'pper/1'", 1, { 1 } },
		{ "^swapper", 2, { 0, 1 } },
		{ "a+b", 1, { 7 } },
		{ "158 init", 2, { 5, 2 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct chosen chosen;

		assert_int_equal(choose(cases[i].words, &chosen, NULL), 0);
		assert_int_equal(chosen.count, cases[i].count);
		for (size_t n = 0; n < chosen.count; n++)
			assert_ptr_equal(chosen.tasks[n], &tasks[cases[i].at[n]]);
		chosen_done(&chosen);
	}
}

static void test_wrong_words(void **state)
{
	static const char *const cases[] = { "77777", "ffff888000009000", "zork", "init 5", "(",
					     "''" };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct chosen chosen = { 0 };
		struct error e = { 0 };

		assert_int_equal(choose(cases[i], &chosen, &e), -EINVAL);
		assert_null(chosen.tasks);
		assert_non_null(strstr(error_text(&e), strrchr(cases[i], ' ')
							       ? strrchr(cases[i], ' ') + 1
							       : cases[i]));
	}
}

static unsigned fitting(const char *text)
{
	struct choose_filter f = { 0 };
	char copy[100], *rest = NULL;
	unsigned bits = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		assert_true(choose_filter_word(word, &f));
	for (size_t i = 0; i < ARRAY_SIZE(tasks); i++)
		bits |= (unsigned)choose_filter_fits(&f, &tasks[i]) << i;
	return bits;
}

static void test_filters(void **state)
{
	struct choose_filter f = { 0 };

	assert_int_equal(fitting(""), 0xff);
	assert_int_equal(fitting("kernel"), 0x0b);
	assert_int_equal(fitting("user"), 0xf4);
	assert_int_equal(fitting("gleader"), 0xd4);
	assert_int_equal(fitting("active"), 0x22);
	assert_int_equal(fitting("UN"), 0x10);
	assert_int_equal(fitting("un ID"), 0x18);
	assert_int_equal(fitting("RU user"), 0x20);
	assert_int_equal(fitting("ZO"), 0);
	assert_false(choose_filter_word("bt", &f));
	assert_false(choose_filter_word("", &f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_wrong_words),
		cmocka_unit_test(test_filters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
