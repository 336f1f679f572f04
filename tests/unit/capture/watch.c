/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/watch.h"

#include <string.h>

#include "../test.h"

#define S USEC_PER_SEC

static const struct watch_limits limits = { .log = 30 * S, .stall = 10 * S, .total = 100 * S };

static bool feed(struct watch *w, enum phase phase, uint64_t done, usec_t now)
{
	struct watch_report r = {
		.magic = WATCH_MAGIC,
		.phase = phase,
		.done = done,
		.total = 100,
	};

	return watch_feed(w, &r, sizeof(r), now);
}

static struct watch begun(void)
{
	struct watch w;

	watch_begin(&w, &limits, 2 * S, 3 * S);
	return w;
}

static void test_log_must_be_saved_in_time(void **state)
{
	struct watch w = begun();

	assert_int_equal(watch_deadline(&w), 33 * S);
	/* Progress within the phases before the dump does not prolong them. */
	assert_true(feed(&w, PHASE_TARGET, 0, 5 * S));
	assert_true(feed(&w, PHASE_LOG, 0, 31 * S));
	assert_int_equal(watch_check(&w, 33 * S - 1), WATCH_GOING);
	assert_int_equal(watch_check(&w, 33 * S), WATCH_LATE);
}

static void test_dump_must_get_on(void **state)
{
	struct watch w = begun();

	assert_true(feed(&w, PHASE_DUMP, 0, 5 * S));
	assert_int_equal(watch_deadline(&w), 15 * S);
	assert_true(feed(&w, PHASE_DUMP, 1, 14 * S));
	assert_int_equal(watch_check(&w, 23 * S), WATCH_GOING);
	/* The same report again is no progress. */
	assert_false(feed(&w, PHASE_DUMP, 1, 23 * S));
	assert_int_equal(watch_deadline(&w), 24 * S);
	assert_int_equal(watch_check(&w, 24 * S), WATCH_STALLED);
}

static void test_total_time(void **state)
{
	struct watch w = begun();

	assert_true(feed(&w, PHASE_DUMP, 0, 5 * S));
	for (uint64_t i = 1; i < 97; i++)
		assert_true(feed(&w, PHASE_DUMP, i, (5 + i) * S));
	assert_int_equal(watch_deadline(&w), 102 * S);
	assert_int_equal(watch_check(&w, 102 * S - 1), WATCH_GOING);
	assert_int_equal(watch_check(&w, 102 * S), WATCH_OVER);
}

static void test_phases_only_go_on(void **state)
{
	struct watch w = begun();

	assert_true(feed(&w, PHASE_DUMP, 1, 5 * S));
	assert_false(feed(&w, PHASE_LOG, 2, 6 * S));
	assert_int_equal(w.bad_reports, 1);
	assert_int_equal(w.phase, PHASE_DUMP);
}

static void test_hostile_reports(void **state)
{
	struct watch w = begun();
	char bytes[100];

	memset(bytes, 0xff, sizeof(bytes));
	assert_false(watch_feed(&w, bytes, sizeof(bytes), 5 * S));
	assert_int_equal(w.bad_reports, sizeof(bytes) / sizeof(struct watch_report) + 1);
	assert_false(feed(&w, PHASE_COUNT, 1, 6 * S));
	assert_int_equal(watch_deadline(&w), 33 * S);
	assert_false(watch_feed(&w, bytes, 0, 7 * S));
}

static void test_several_reports_at_once(void **state)
{
	struct watch_report r[] = {
		{ .magic = WATCH_MAGIC, .phase = PHASE_DUMP, .done = 1 },
		{ .magic = 0 },
		{ .magic = WATCH_MAGIC, .phase = PHASE_DUMP, .done = 2 },
	};
	struct watch w = begun();

	assert_true(watch_feed(&w, r, sizeof(r), 4 * S));
	assert_int_equal(w.done, 2);
	assert_int_equal(w.bad_reports, 1);
	assert_int_equal(w.moved, 4 * S);
}

static void test_limits_without_a_plan(void **state)
{
	struct plan p = { .log_timeout = 7 };
	struct watch_limits l;

	watch_limits_from_plan(&p, &l);
	assert_true(l.log > 7 * S);
	assert_true(l.stall > 0 && l.total > 0);
	p.device_timeout = 3;
	p.dump_timeout = 5;
	p.total_timeout = 11;
	watch_limits_from_plan(&p, &l);
	assert_int_equal(l.log, 10 * S);
	assert_int_equal(l.stall, 5 * S);
	assert_int_equal(l.total, 11 * S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_must_be_saved_in_time),
		cmocka_unit_test(test_dump_must_get_on),
		cmocka_unit_test(test_total_time),
		cmocka_unit_test(test_phases_only_go_on),
		cmocka_unit_test(test_hostile_reports),
		cmocka_unit_test(test_several_reports_at_once),
		cmocka_unit_test(test_limits_without_a_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
