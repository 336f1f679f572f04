/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/table.h"

#include <stdlib.h>

#include "../test.h"

static const struct column columns[] = {
	{ "address", "ADDRESS", COLUMN_ADDRESS, 16 },
	{ "size", "SIZE", COLUMN_UINT, 6 },
	{ "hidden", NULL, COLUMN_INT, 0 },
	{ "name", "NAME", COLUMN_TEXT, -8 },
};

static const union cell rows[][4] = {
	{ { .n = 0xab }, { .n = 12 }, { .i = -1 }, { .text = "x" } },
	{ { .n = UINT64_MAX }, { .n = 1234567 }, { .i = 2 }, { .text = NULL } },
};

static char *written(struct json *json)
{
	struct table t;
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	table_begin(&t, columns, ARRAY_SIZE(columns), out, json);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		table_row(&t, rows[i]);
	fclose(out);
	return text;
}

static void test_text(void **state)
{
	_cleanup_free_ char *text = written(NULL);

	assert_string_equal(text, "         ADDRESS    SIZE  NAME\n"
				  "00000000000000ab      12  x\n"
				  "ffffffffffffffff  1234567  \n");
}

static void test_json(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	_cleanup_free_ char *text = NULL;
	struct json j;

	json_begin(&j, &out);
	json_array(&j);
	text = written(&j);
	json_array_end(&j);
	assert_int_equal(json_end(&j), 0);
	assert_string_equal(text, "");
	assert_string_equal(out.data, "[\n"
				      "  {\n"
				      "    \"address\": \"0xab\",\n"
				      "    \"size\": 12,\n"
				      "    \"hidden\": -1,\n"
				      "    \"name\": \"x\"\n"
				      "  },\n"
				      "  {\n"
				      "    \"address\": \"0xffffffffffffffff\",\n"
				      "    \"size\": 1234567,\n"
				      "    \"hidden\": 2,\n"
				      "    \"name\": null\n"
				      "  }\n"
				      "]\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
