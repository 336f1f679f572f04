/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"

struct filled {
	bool dry_run;
	const char *name, *taken;
	uint64_t number;
	struct option_address address;
	int choice;
};

static int take(void *field, const char *word, struct error *e)
{
	const char **ret = field;

	if (word && strcmp(word, "bad") == 0)
		return error_set(e, -EINVAL, "it is bad");
	*ret = word ?: "none";
	return 0;
}

static const struct option_row rows[] = {
	FLAG_ROW(struct filled, dry_run, 'n', "dry-run", "nothing"),
	WORD_ROW(struct filled, name, 0, "name", "NAME", "a name"),
	{ .letter = 'j',
	  .argument = required_argument,
	  .kind = OPTION_NUMBER,
	  .limit = 9,
	  .field = offsetof(struct filled, number) },
	VALUE_ROW(struct filled, address, OPTION_ADDRESS, 0, "at", "ADDRESS", NULL),
	{ .letter = 'z',
	  .kind = OPTION_CHOICE,
	  .limit = 4,
	  .field = offsetof(struct filled, choice) },
	{ .name = "take",
	  .argument = optional_argument,
	  .kind = OPTION_TAKE,
	  .take = take,
	  .field = offsetof(struct filled, taken) },
	{ .name = "old", .argument = required_argument, .kind = OPTION_IGNORED },
	{ .name = "xen", .kind = OPTION_REFUSED, .words = "not here" },
	{ .name = "help", .letter = 'h', .kind = OPTION_HELP },
};

/* words: with blanks between them. The operands are where *ret_operands points. */
static int parse(const char *words, bool stops, struct filled *ret, const char **ret_operand,
		 struct error *e)
{
	static char copy[200];
	static char *argv[20];
	char *rest = copy, *word;
	int argc = 1, r;

	argv[0] = (char *)"test";
	*ret = (struct filled){ 0 };
	snprintf(copy, sizeof(copy), "%s", words);
	while ((word = strsep(&rest, " ")))
		argv[argc++] = word;
	argv[argc] = NULL;
	optind = 0;
	opterr = 0;
	r = options_parse(rows, ARRAY_SIZE(rows), stops, argc, argv, ret, e);
	*ret_operand = argv[optind];
	return r;
}

static void test_kinds(void **state)
{
	struct error e = { 0 };
	struct filled f;
	const char *operand;

	(void)state;
	assert_int_equal(
		parse("-nj7 --name=x here -z --at ff80 --take --old y", false, &f, &operand, &e),
		0);
	assert_true(f.dry_run);
	assert_string_equal(f.name, "x");
	assert_int_equal(f.number, 7);
	assert_true(f.address.given);
	assert_int_equal(f.address.value, 0xff80);
	assert_int_equal(f.choice, 4);
	assert_string_equal(f.taken, "none");
	assert_string_equal(operand, "here");

	assert_int_equal(parse("--take=it", false, &f, &operand, &e), 0);
	assert_string_equal(f.taken, "it");
	assert_null(operand);
	assert_int_equal(parse("dump -n", true, &f, &operand, &e), 0);
	assert_false(f.dry_run);
	assert_string_equal(operand, "dump");
}

static void test_faults(void **state)
{
	static const struct {
		const char *words;
		int r;
		const char *text;
	} cases[] = {
		{ "--none", -EINVAL, "there is no option --none" },
		{ "-nq", -EINVAL, "there is no option -q" },
		{ "--name", -EINVAL, "--name needs a value" },
		{ "-j", -EINVAL, "-j needs a value" },
		{ "--dry-run=yes", -EINVAL, "--dry-run takes no value" },
		{ "-j 10", -EINVAL, "-j takes a number from 0 to 9, not '10'" },
		{ "--at 12x", -EINVAL, "'12x' is no address" },
		{ "--at 10000000000000000", -EINVAL, "'10000000000000000' is no address" },
		{ "--take=bad", -EINVAL, "it is bad" },
		{ "--xen", -EOPNOTSUPP, "--xen: not here" },
		{ "--help --none", 1, "" },
		{ "--none --help", -EINVAL, "there is no option --none" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error e = { 0 };
		struct filled f;
		const char *operand;

		assert_int_equal(parse(cases[i].words, false, &f, &operand, &e), cases[i].r);
		assert_string_equal(e.code ? error_text(&e) : "", cases[i].text);
	}
}

/* The first fault is what is told; how messages are to be printed is known all the same. */
static void test_flags_behind_a_fault(void **state)
{
	struct error e = { 0 };
	struct filled f;
	const char *operand;

	(void)state;
	assert_int_equal(parse("--none -n --name x", false, &f, &operand, &e), -EINVAL);
	assert_true(f.dry_run);
	assert_null(f.name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_flags_behind_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
