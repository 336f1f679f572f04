/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/vmcoreinfo.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

static struct vmcoreinfo *parse(const char *text)
{
	struct vmcoreinfo *v = NULL;

	assert_int_equal(vmcoreinfo_parse(text, strlen(text), &v, NULL), 0);
	return v;
}

static void test_values_of_each_kind(void **state)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v =
		parse("OSRELEASE=6.1.0-50-amd64\n"
		      "SYMBOL(_stext)=ffffffff9b400000\n"
		      "SIZE(page)=64\n"
		      "OFFSET(page.flags)=0\n"
		      "LENGTH(mem_section)=4096\n"
		      "NUMBER(phys_base)=-362807296\n"
		      "NUMBER(VMALLOC_START)=0xffffd31d40000000\n"
		      "KERNELOFFSET=1a400000\n");
	uint64_t u = 0;
	int64_t n = 0;

	assert_string_equal(vmcoreinfo_get(v, "OSRELEASE"), "6.1.0-50-amd64");
	assert_true(vmcoreinfo_symbol(v, "_stext", &u));
	assert_true(u == 0xffffffff9b400000);
	assert_true(vmcoreinfo_size(v, "page", &u));
	assert_int_equal(u, 64);
	assert_true(vmcoreinfo_offset(v, "page.flags", &u));
	assert_int_equal(u, 0);
	assert_true(vmcoreinfo_length(v, "mem_section", &u));
	assert_int_equal(u, 4096);
	assert_true(vmcoreinfo_number(v, "phys_base", &n));
	assert_true(n == -362807296);
	assert_true(vmcoreinfo_number(v, "VMALLOC_START", &n));
	assert_true((uint64_t)n == 0xffffd31d40000000);
	assert_true(vmcoreinfo_hex(v, "KERNELOFFSET", &u));
	assert_int_equal(u, 0x1a400000);
	assert_null(vmcoreinfo_get(v, "SYMBOL(absent)"));
	assert_false(vmcoreinfo_symbol(v, "absent", &u));
}

static void test_text_is_kept_as_found(void **state)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = parse("B=1\nA=2\nrubbish");
	size_t len;
	const char *text = vmcoreinfo_text(v, &len);

	assert_int_equal(len, 15);
	assert_string_equal(text, "B=1\nA=2\nrubbish");
}

/* The kernel cuts the text where its page is full: half a number must not pass for a number. */
static void test_cut_last_line_does_not_count(void **state)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = parse("A=1\nSYMBOL(x)=ffffffff9b");
	uint64_t u;

	assert_false(vmcoreinfo_symbol(v, "x", &u));
	assert_string_equal(vmcoreinfo_get(v, "A"), "1");
}

static void test_first_of_equal_keys_counts(void **state)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = parse("K=1\nA=0\nK=2\nZ=9\nK=3\n");

	assert_string_equal(vmcoreinfo_get(v, "K"), "1");
}

static void test_numbers_that_are_none(void **state)
{
	static const char *const bad[] = {
		"",
		"-",
		"0x",
		"12 ",
		" 12",
		"+1",
		"1x",
		"--1",
		"0x-1",
		"18446744073709551616",
		"9223372036854775808",
		"-9223372036854775809",
	};
	uint64_t u;
	int64_t n;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = NULL;
		char text[100];

		snprintf(text, sizeof(text), "NUMBER(n)=%s\n", bad[i]);
		v = parse(text);
		assert_false(vmcoreinfo_number(v, "n", &n));
	}
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v =
		parse("SIZE(a)=0x10\nSYMBOL(b)=0x10\nNUMBER(c)=-9223372036854775808\n"
		      "SYMBOL(d)=fffffffffffffffff\n");
	assert_false(vmcoreinfo_size(v, "a", &u));
	assert_false(vmcoreinfo_symbol(v, "b", &u));
	assert_true(vmcoreinfo_number(v, "c", &n));
	assert_true(n == INT64_MIN);
	assert_false(vmcoreinfo_symbol(v, "d", &u));
}

static void test_nothing_in_it(void **state)
{
	struct vmcoreinfo *v = NULL;
	struct error e = { 0 };

	assert_int_equal(vmcoreinfo_parse("", 0, &v, &e), -EINVAL);
	assert_int_equal(vmcoreinfo_parse("no equals\n=no key\n", 18, &v, &e), -EINVAL);
	assert_int_equal(vmcoreinfo_parse("A=1", 3, &v, &e), -EINVAL);
	assert_int_equal(vmcoreinfo_parse("\0A=1\n", 5, &v, &e), -EINVAL);
	assert_null(v);
	assert_non_null(strstr(error_text(&e), "vmcoreinfo"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_of_each_kind),
		cmocka_unit_test(test_text_is_kept_as_found),
		cmocka_unit_test(test_cut_last_line_does_not_count),
		cmocka_unit_test(test_first_of_equal_keys_counts),
		cmocka_unit_test(test_numbers_that_are_none),
		cmocka_unit_test(test_nothing_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
