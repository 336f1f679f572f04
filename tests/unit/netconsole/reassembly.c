/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces in any order, twice, overlapping, missing; totals of 64 KiB; more than there is memory for. */
#include "../test.h"

#include <errno.h>
#include <string.h>

#include "netconsole/reassembly.h"

struct piece {
	uint64_t offset;
	const char *bytes;
};

static struct wire_message message(uint64_t seq, uint64_t offset, uint64_t total, const char *bytes,
				   size_t len)
{
	return (struct wire_message){
		.seq = seq,
		.time_us = 5,
		.piece = true,
		.offset = offset,
		.total = total,
		.release = { "6.1", 3 },
		.body = { bytes, len },
	};
}

static void expect(uint64_t total, const struct piece *pieces, size_t count, const char *body,
		   unsigned flags)
{
	struct reassembly r = { 0 };
	struct budget budget = { .limit = MIB(1) };
	struct reassembly_result got = { 0 };
	int ready = 0;

	for (size_t i = 0; i < count; i++) {
		struct wire_message m = message(1, pieces[i].offset, total, pieces[i].bytes,
						strlen(pieces[i].bytes));

		assert_int_equal(ready, 0);
		ready = reassembly_put(&r, &budget, &m, 100, &got);
	}
	if (ready == 0) {
		assert_int_equal(reassembly_deadline(&r), 100 + REASSEMBLY_WAIT);
		assert_int_equal(reassembly_expire(&r, &budget, 99 + REASSEMBLY_WAIT, &got), 0);
		ready = reassembly_expire(&r, &budget, 100 + REASSEMBLY_WAIT, &got);
	}
	assert_int_equal(ready, 1);
	assert_int_equal(got.message.body.len, strlen(body));
	assert_memory_equal(got.message.body.start, body, strlen(body));
	assert_int_equal(got.message.release.len, 3);
	assert_memory_equal(got.message.release.start, "6.1", 3);
	assert_int_equal(got.flags, flags);
	assert_false(got.message.piece);
	buf_done(&got.bytes);
	assert_int_equal(budget.used, 0);
	assert_int_equal(reassembly_deadline(&r), UINT64_MAX);
}

#define EXPECT(total, body, flags, ...)                                                            \
	do {                                                                                       \
		const struct piece pieces[] = { __VA_ARGS__ };                                     \
		expect(total, pieces, ARRAY_SIZE(pieces), body, flags);                            \
	} while (0)

static void orders(void **state)
{
	(void)state;
	EXPECT(4, "abcd", 0, { 0, "ab" }, { 2, "cd" });
	EXPECT(4, "abcd", 0, { 2, "cd" }, { 0, "ab" });
	EXPECT(6, "abcdef", 0, { 2, "cd" }, { 4, "ef" }, { 0, "ab" });
	/* an escape cut in two */
	EXPECT(8, "a\\xc3\\xa", 0, { 0, "a\\x" }, { 3, "c3\\xa" });
}

static void overlaps(void **state)
{
	(void)state;
	EXPECT(6, "abcdef", 0, { 0, "abc" }, { 0, "abc" }, { 3, "def" });
	EXPECT(6, "abcdef", 0, { 0, "abcd" }, { 2, "cdef" });
	EXPECT(6, "abcdef", 0, { 2, "cd" }, { 0, "abcdef" });
	EXPECT(6, "abcdef", REASSEMBLY_CONFLICT, { 0, "abcd" }, { 2, "CDef" });
	EXPECT(6, "abcdEF", REASSEMBLY_CONFLICT, { 4, "EF" }, { 0, "abcdef" });
}

static void holes(void **state)
{
	(void)state;
	EXPECT(6, "ab<4 bytes lost>", REASSEMBLY_HOLES, { 0, "ab" });
	EXPECT(6, "<4 bytes lost>ef", REASSEMBLY_HOLES, { 4, "ef" });
	EXPECT(6, "ab<2 bytes lost>ef", REASSEMBLY_HOLES, { 0, "ab" }, { 4, "ef" });
}

static void large(void **state)
{
	static char bytes[65536];
	struct reassembly r = { 0 };
	struct budget budget = { .limit = MIB(1) };
	struct reassembly_result got;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)('a' + i % 23);
	for (size_t at = 0; at < sizeof(bytes); at += 512) {
		struct wire_message m = message(1, at, sizeof(bytes), bytes + at, 512);
		bool last = at + 512 == sizeof(bytes);

		assert_int_equal(reassembly_put(&r, &budget, &m, 0, &got), last);
	}
	assert_int_equal(got.message.body.len, sizeof(bytes));
	assert_memory_equal(got.message.body.start, bytes, sizeof(bytes));
	buf_done(&got.bytes);
	assert_int_equal(budget.used, 0);
}

/* A total is only what somebody wrote: memory is taken for what came. */
static void claims(void **state)
{
	struct reassembly r = { 0 };
	struct budget budget = { .limit = 4096 };
	struct reassembly_result got;

	(void)state;
	for (uint64_t i = 0; i < REASSEMBLY_OPEN; i++) {
		struct wire_message m = message(i, 0, WIRE_TOTAL_MAX, "x", 1);

		assert_int_equal(reassembly_put(&r, &budget, &m, i, &got), 0);
	}
	assert_true(budget.used < 2048);
	/* one more makes the oldest go, as it is */
	struct wire_message m = message(9, 0, WIRE_TOTAL_MAX, "x", 1);

	assert_int_equal(reassembly_put(&r, &budget, &m, 9, &got), 1);
	assert_int_equal(got.message.seq, 0);
	assert_int_equal(got.flags, REASSEMBLY_HOLES);
	buf_done(&got.bytes);
	assert_int_equal(reassembly_put(&r, &budget, NULL, 9, &got), 0);
	reassembly_done(&r, &budget);
	assert_int_equal(budget.used, 0);
}

static void no_memory(void **state)
{
	static const char bytes[900] = { 'x' };
	struct reassembly r = { 0 };
	struct budget budget = { .limit = 2048 };
	struct reassembly_result got;
	int refused = 0;

	(void)state;
	for (uint64_t i = 0; i < 100; i += 2) {
		struct wire_message m = message(1, i * 900, 100 * 900, bytes, sizeof(bytes));
		int ready = reassembly_put(&r, &budget, &m, 0, &got);

		assert_true(ready == 0 || ready == -ENOSPC);
		refused += ready < 0;
	}
	assert_true(refused > 40);
	assert_true(budget.used <= budget.limit);
	reassembly_done(&r, &budget);
	assert_int_equal(budget.used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders), cmocka_unit_test(overlaps), cmocka_unit_test(holes),
		cmocka_unit_test(large),  cmocka_unit_test(claims),   cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
