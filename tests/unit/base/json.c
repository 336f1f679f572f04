/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/json.h"

#include "../test.h"

static void test_shapes(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	const struct json_number numbers[] = { { "a", 1 }, { "z", UINT64_MAX } };
	struct json j;

	json_document(&j, &out, "x/1");
	json_numbers(&j, numbers, ARRAY_SIZE(numbers));
	json_name(&j, "b");
	json_array(&j);
	json_string(&j, NULL);
	json_hex(&j, 0xff);
	json_array_end(&j);
	json_name(&j, "c");
	json_object(&j);
	json_object_end(&j);
	json_object_end(&j);
	assert_int_equal(json_end(&j), 0);
	assert_string_equal(
		out.data,
		"{\n  \"schema\": \"x/1\",\n  \"a\": 1,\n  \"z\": 18446744073709551615,\n  \"b\": "
		"[\n    null,\n    \"0xff\"\n  ],\n  \"c\": {}\n}\n");
}

static void test_hostile_strings(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a\"b\\c\n", "\"a\\\"b\\\\c\\n\"\n" },
		{ "\x01\x7f", "\"\\u0001\\u007f\"\n" },
		{ "\xc3\xa4", "\"\xc3\xa4\"\n" },
		{ "\xc3", "\"\xef\xbf\xbd\"\n" },
		{ "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"\n" },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf out = { 0 };
		struct json j;

		json_begin(&j, &out);
		json_string(&j, rows[i].in);
		assert_int_equal(json_end(&j), 0);
		assert_string_equal(out.data, rows[i].out);
	}
}

static void test_too_deep_is_an_error(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_begin(&j, &out);
	for (int i = 0; i < 2 * JSON_DEPTH; i++)
		json_array(&j);
	assert_true(json_end(&j) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_hostile_strings),
		cmocka_unit_test(test_too_deep_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
