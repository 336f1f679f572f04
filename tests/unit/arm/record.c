/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/record.h"

#include <string.h>

#include "../test.h"

/* The SHA-256 of "abc": FIPS 180-4's own example. */
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static const char text[] = "lastword-record 1\n"
			   "boot-id 540daf65\n"
			   "release 6.1.0\n"
			   "kernel /boot/vmlinuz-6.1.0\n"
			   "target ext4 on /dev/vda, /\n"
			   "command-line console=ttyS0 nr_cpus=1\n"
			   "image " ABC " 1285095\n"
			   "host fd09:1::1 nas.example\n"
			   "item " ABC " kernel image\n"
			   "item " ABC " /init\n"
			   "end\n";

static void test_round_trip(void **state)
{
	_cleanup_record_ struct record rec = { 0 };
	_cleanup_buf_ struct buf out = { 0 };

	assert_int_equal(record_parse(text, strlen(text), &rec, NULL), 0);
	assert_string_equal(rec.append, "");
	assert_string_equal(rec.cmdline, "console=ttyS0 nr_cpus=1");
	assert_int_equal(rec.image_size, 1285095);
	assert_int_equal(rec.count, 2);
	assert_string_equal(record_address(&rec, "nas.example"), "fd09:1::1");
	assert_null(record_address(&rec, "nas"));
	assert_int_equal(record_format(&rec, &out), 0);
	assert_string_equal(out.data, text);
}

static void test_digest(void **state)
{
	_cleanup_record_ struct record rec = { 0 };

	assert_int_equal(record_add(&rec, "x", "abc", 3), 0);
	assert_string_equal(rec.items[0].digest.hex, ABC);
}

static void test_every_cut_is_refused(void **state)
{
	for (size_t len = 0; len + 1 < strlen(text); len++) {
		struct record rec;

		assert_true(record_parse(text, len, &rec, NULL) < 0);
	}
}

static void test_faults(void **state)
{
	static const char *const texts[] = {
		"lastword-record 2\nend\n",
		"lastword-record 1\nend\nitem " ABC " x\n",
		"lastword-record 1\nitem " ABC "\nend\n",
		"lastword-record 1\nitem abc x\nend\n",
		"lastword-record 1\nhost nas.example\nend\n",
		"lastword-record 1\nimage " ABC " -1\nend\n",
		"lastword-record 1\nrelease a\nrelease b\nend\n",
		"lastword-record 1\ncolour red\nend\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct record rec;

		assert_true(record_parse(texts[i], strlen(texts[i]), &rec, NULL) < 0);
	}
}

static void test_differences(void **state)
{
	static const struct {
		const char *name, *content, *words;
	} cases[] = {
		{ "b", "2", NULL },
		{ "b", "3", "b changed" },
		{ "c", "2", "c is new" },
		{ NULL, NULL, "b is no longer needed" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_record_ struct record then = { 0 }, now = { 0 };
		char words[100] = "";

		assert_int_equal(record_add(&then, "a", "1", 1), 0);
		assert_int_equal(record_add(&then, "b", "2", 1), 0);
		assert_int_equal(record_add(&now, "a", "1", 1), 0);
		if (cases[i].name)
			assert_int_equal(record_add(&now, cases[i].name, cases[i].content, 1), 0);
		assert_int_equal(record_differs(&then, &now, words, sizeof(words)),
				 cases[i].words != NULL);
		assert_string_equal(words, cases[i].words ?: "");
	}
}

static void test_no_line_smuggled_in(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	char release[] = "6.1\nend";

	assert_true(record_format(&(struct record){ .release = release }, &out) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_every_cut_is_refused),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_differences),
		cmocka_unit_test(test_no_line_smuggled_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
