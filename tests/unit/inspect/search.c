/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/search.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#include "../test.h"

#define BASE UINT64_C(0xffff888000001000)

static uint64_t found[16];
static size_t count;
static int answer;

static int note(void *user, uint64_t addr, const struct search_value *value, uint64_t number)
{
	assert_true(count < 16);
	found[count++] = addr - BASE;
	return answer;
}

static struct search_scan scan_of(unsigned width, const struct search_value *values, size_t n)
{
	count = 0;
	answer = 0;
	return (struct search_scan){ .width = width, .values = values, .count = n, .emit = note };
}

static void expect(size_t n, const uint64_t *at)
{
	assert_int_equal(count, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(found[i], at[i]);
}

static void test_numbers(void **state)
{
	static const struct search_value values[] = { { .value = 0x1122334455667788 },
						      { .value = 7 } };
	static const unsigned widths[] = { 8, 4, 2 };
	uint8_t bytes[4096] = { 0 };

	le64_put(bytes + 8, values[0].value);
	le64_put(bytes + 2048, values[0].value);
	le64_put(bytes + 4088, 7);
	/* not aligned: no number */
	le64_put(bytes + 1001, values[0].value);
	struct search_scan s = scan_of(8, values, 2);

	assert_int_equal(search_bytes(&s, BASE, bytes, sizeof(bytes)), 0);
	expect(3, (uint64_t[]){ 8, 2048, 4088 });
	for (size_t i = 0; i < 3; i++) {
		s = scan_of(widths[i], values + 1, 1);
		assert_int_equal(search_bytes(&s, BASE, bytes, sizeof(bytes)), 0);
		expect(1, (uint64_t[]){ 4088 });
	}
}

static void test_masks(void **state)
{
	static const struct search_value value = { .value = 0xbabe0000 };
	uint8_t bytes[64] = { 0 };

	le32_put(bytes + 20, 0xbabe671e);
	struct search_scan s = scan_of(4, &value, 1);

	s.mask = 0xffff;
	assert_int_equal(search_bytes(&s, BASE, bytes, sizeof(bytes)), 0);
	expect(1, (uint64_t[]){ 20 });
}

/* A span may begin and end in the middle of a number. */
static void test_edges(void **state)
{
	static const struct search_value value = { .value = 1 };
	uint8_t bytes[40] = { 0 };

	le64_put(bytes + 8, 1);
	le64_put(bytes + 32, 1);
	struct search_scan s = scan_of(8, &value, 1);

	assert_int_equal(search_bytes(&s, BASE + 3, bytes + 3, 36), 0);
	expect(1, (uint64_t[]){ 8 });
	s = scan_of(8, &value, 1);
	answer = -EPIPE;
	assert_int_equal(search_bytes(&s, BASE, bytes, sizeof(bytes)), -EPIPE);
	assert_int_equal(count, 1);
}

static void test_strings(void **state)
{
	static const char text[] = "say swapper and swap";
	static const struct search_value values[] = {
		{ .text = (const uint8_t *)"swap", .len = 4 },
		{ .text = (const uint8_t *)"per", .len = 3 },
	};
	const uint8_t *bytes = (const uint8_t *)text;
	const uint64_t all[] = { 4, 8, 16 };

	/* in one piece, and cut at every place */
	for (size_t cut = 0; cut <= strlen(text); cut++) {
		struct search_scan s = scan_of(0, values, 2);

		if (cut > 0)
			assert_int_equal(search_bytes(&s, BASE, bytes, cut), 0);
		if (cut < strlen(text))
			assert_int_equal(
				search_bytes(&s, BASE + cut, bytes + cut, strlen(text) - cut), 0);
		expect(3, all);
	}
}

/* What is not neighbours does not make a string. */
static void test_gap(void **state)
{
	static const struct search_value value = { .text = (const uint8_t *)"swap", .len = 4 };
	struct search_scan s = scan_of(0, &value, 1);

	assert_int_equal(search_bytes(&s, BASE, (const uint8_t *)"sw", 2), 0);
	assert_int_equal(search_bytes(&s, BASE + 4096, (const uint8_t *)"ap", 2), 0);
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers), cmocka_unit_test(test_masks),
		cmocka_unit_test(test_edges),	cmocka_unit_test(test_strings),
		cmocka_unit_test(test_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
