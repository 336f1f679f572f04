/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/dump_name.h"

#include <string.h>

#include "../test.h"

#define SUMMER 1783000000 /* 2026-07-02 13:46:40 UTC */
#define WINTER 1795230840 /* 2026-11-21 03:14:00 UTC */

static void test_local_time(void **state)
{
	static const struct {
		const char *timezone;
		time_t when;
		const char *name;
	} rows[] = {
		{ "", WINTER, "127.0.0.1-2026-11-21-03:14:00" },
		{ "UTC0", WINTER, "127.0.0.1-2026-11-21-03:14:00" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", WINTER, "127.0.0.1-2026-11-21-04:14:00" },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", SUMMER, "127.0.0.1-2026-07-02-15:46:40" },
		{ "<+0530>-5:30", WINTER, "127.0.0.1-2026-11-21-08:44:00" },
		{ "EST5", WINTER, "127.0.0.1-2026-11-20-22:14:00" },
		{ "", 0, "127.0.0.1-1970-01-01-00:00:00" },
	};
	char name[128];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		dump_name_format("127.0.0.1", rows[i].timezone, rows[i].when, name, sizeof(name));
		assert_string_equal(name, rows[i].name);
	}
}

static void test_nonsense_is_utc(void **state)
{
	char name[128];

	dump_name_format("fe80::1", "\x01no zone", WINTER, name, sizeof(name));
	assert_string_equal(name, "fe80::1-2026-11-21-03:14:00");
}

static void test_impossible_clock(void **state)
{
	char name[128];

	dump_name_format("127.0.0.1", "", INT64_MAX, name, sizeof(name));
	assert_true(strlen(name) > strlen("127.0.0.1-"));
}

static void test_cut(void **state)
{
	char name[12];

	dump_name_format("127.0.0.1", "", WINTER, name, sizeof(name));
	assert_string_equal(name, "127.0.0.1-2");
}

static void test_parsed(void **state)
{
	static const char zone[] = "CET-1CEST,M3.5.0,M10.5.0/3";
	time_t when = 0;

	assert_true(dump_name_parse("127.0.0.1-2026-11-21-03:14:00", "127.0.0.1", "", &when));
	assert_int_equal(when, WINTER);
	assert_true(dump_name_parse("fe80::1-2026-11-21-04:14:00-3", "fe80::1", zone, &when));
	assert_int_equal(when, WINTER);
	assert_true(dump_name_parse("10.0.0.2-2026-07-02-15:46:40", "10.0.0.2", zone, &when));
	assert_int_equal(when, SUMMER);
}

static void test_not_parsed(void **state)
{
	static const char *const names[] = {
		"",
		"10.0.0.2",
		"10.0.0.2-",
		"10.0.0.2-2026-11-21",
		"10.0.0.2-2026-11-21-03:14:00x",
		"10.0.0.2-2026-13-21-03:14:00",
		"10.0.0.22-2026-11-21-03:14:00",
		"lost+found",
	};
	time_t when = 7;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		assert_false(dump_name_parse(names[i], "10.0.0.2", "", &when));
	assert_int_equal(when, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_local_time),	 cmocka_unit_test(test_nonsense_is_utc),
		cmocka_unit_test(test_impossible_clock), cmocka_unit_test(test_cut),
		cmocka_unit_test(test_parsed),		 cmocka_unit_test(test_not_parsed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
