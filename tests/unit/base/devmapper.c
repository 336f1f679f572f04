/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/devmapper.h"

#include <errno.h>
#include <linux/dm-ioctl.h>
#include <string.h>

#include "../test.h"

/* What the kernel answers: rows with their parameters behind them, `next` from the first row on. */
static size_t put_row(char *data, size_t at, uint64_t start, const char *type,
		      const char *parameters)
{
	struct dm_target_spec spec = { .sector_start = start, .length = 8 };
	size_t next = align_up(at + sizeof(spec) + strlen(parameters) + 1, 8);

	spec.next = (uint32_t)next;
	strcpy(spec.target_type, type);
	memcpy(data + at, &spec, sizeof(spec));
	strcpy(data + at + sizeof(spec), parameters);
	return next;
}

static void test_rows(void **state)
{
	_cleanup_dm_table_ struct dm_table t = { 0 };
	char data[512] = { 0 };
	size_t len = put_row(data, 0, 0, "linear", "254:0 2048");

	len = put_row(data, len, 8, "striped", "2 128 8:0 0 8:16 0");
	assert_int_equal(dm_table_parse(data, len, 2, &t), 0);
	assert_int_equal(t.count, 2);
	assert_string_equal(t.rows[0].type, "linear");
	assert_string_equal(t.rows[0].parameters, "254:0 2048");
	assert_int_equal(t.rows[1].start, 8);
	assert_int_equal(t.rows[1].length, 8);
	assert_string_equal(t.rows[1].parameters, "2 128 8:0 0 8:16 0");
}

static void test_leading_outside(void **state)
{
	struct dm_table t = { 0 };
	struct dm_target_spec spec;
	char data[512] = { 0 };
	size_t first = put_row(data, 0, 0, "linear", "254:0 2048");
	size_t len = put_row(data, first, 8, "linear", "254:0 0");

	assert_int_equal(dm_table_parse(data, len, UINT32_MAX, &t), -EBADMSG);
	assert_int_equal(dm_table_parse(data, first + 8, 2, &t), -EBADMSG);
	assert_int_equal(dm_table_parse(data, sizeof(spec) + 5, 1, &t), -EBADMSG);
	memcpy(&spec, data, sizeof(spec));
	spec.next = 0;
	memcpy(data, &spec, sizeof(spec));
	assert_int_equal(dm_table_parse(data, len, 2, &t), -EBADMSG);
	spec.next = UINT32_MAX;
	memcpy(data, &spec, sizeof(spec));
	assert_int_equal(dm_table_parse(data, len, 2, &t), -EBADMSG);
	assert_null(t.rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_leading_outside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
