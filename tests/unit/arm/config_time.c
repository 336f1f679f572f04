/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"

static struct config_time parse(const char *line)
{
	_cleanup_config_ struct config c = { 0 };
	struct error e = { 0 };

	if (config_parse(line, strlen(line), "kdump.conf", &c, &e) < 0)
		fail_msg("%s: %s", line, error_text(&e));
	return c.time;
}

static void refused(const char *line, const char *words)
{
	_cleanup_config_ struct config c = { 0 };
	struct error e = { 0 };

	if (config_parse(line, strlen(line), "kdump.conf", &c, &e) == 0)
		fail_msg("accepted: %s", line);
	if (!strstr(error_text(&e), words))
		fail_msg("%s: '%s' does not say '%s'", line, error_text(&e), words);
}

static void test_timeout(void **state)
{
	struct config_time t =
		parse("lastword_timeout device=60 log=2m\treport=30s dump=1h total=7d\n");

	assert_int_equal(t.device, 60);
	assert_int_equal(t.log, 120);
	assert_int_equal(t.report, 30);
	assert_int_equal(t.dump, 3600);
	assert_int_equal(t.total, 7 * 24 * 3600);
	t = parse("lastword_timeout total=90m\n");
	assert_int_equal(t.total, 5400);
	assert_int_equal(t.log, 180);
	t = parse("");
	assert_true(t.device && t.log && t.report && t.dump && t.total);
}

static void test_timeout_refused(void **state)
{
	refused("lastword_timeout 60\n", "kdump.conf:1: lastword_timeout: '60'");
	refused("lastword_timeout disk=60\n", "'disk'");
	refused("lastword_timeout log=60 log=61\n", "twice");
	refused("lastword_timeout log=0\n", "not within");
	refused("lastword_timeout log=61m\n", "not within");
	refused("lastword_timeout dump=25h\n", "not within");
	refused("lastword_timeout total=8d\n", "not within");
	refused("lastword_timeout total=99999999999999999999d\n", "not within");
	refused("lastword_timeout log=\n", "no time");
	refused("lastword_timeout log=s\n", "no time");
	refused("lastword_timeout log=1.5h\n", "no time");
	refused("lastword_timeout log=-1\n", "no time");
	refused("lastword_timeout log=1111111111111111111111111111s\n", "no time");
}

static void test_watchdog(void **state)
{
	assert_int_equal(parse("").watchdog, 60);
	assert_int_equal(parse("lastword_watchdog yes\n").watchdog, 60);
	assert_int_equal(parse("lastword_watchdog no\n").watchdog, 0);
	assert_int_equal(parse("lastword_watchdog 2m\n").watchdog, 120);
	refused("lastword_watchdog maybe\n", "neither");
	refused("lastword_watchdog 0\n", "not within");
	refused("lastword_watchdog 9\n", "not within");
	refused("lastword_watchdog 11m\n", "not within");
}

static void test_crash_loop(void **state)
{
	struct config_time t = parse("lastword_crash_loop 3 in 30m\n");

	assert_int_equal(t.loop_count, 3);
	assert_int_equal(t.loop_window, 1800);
	assert_int_equal(t.loop_action, PLAN_POWEROFF);
	assert_int_equal(parse("lastword_crash_loop 5 in 2h halt\n").loop_action, PLAN_HALT);
	assert_int_equal(parse("lastword_crash_loop 5 in 2h reboot\n").loop_action, PLAN_REBOOT);
	assert_int_equal(parse("").loop_count, 0);
	refused("lastword_crash_loop 3\n", "write '3 in 30m'");
	refused("lastword_crash_loop 3 within 30m\n", "write '3 in 30m'");
	refused("lastword_crash_loop 3 in 30m halt now\n", "write '3 in 30m'");
	refused("lastword_crash_loop 1 in 30m\n", "from 2 to");
	refused("lastword_crash_loop x in 30m\n", "from 2 to");
	refused("lastword_crash_loop 3 in 30\n", "not within");
	refused("lastword_crash_loop 3 in 8d\n", "not within");
	refused("lastword_crash_loop 3 in 30m shell\n", "unknown action 'shell'");
}

static void test_capture_kernel(void **state)
{
	assert_int_equal(parse("").cpus, 0);
	assert_int_equal(parse("lastword_cpus 4\n").cpus, 4);
	refused("lastword_cpus 0\n", "from 1 to");
	refused("lastword_cpus all\n", "from 1 to");
	assert_false(parse("").device_dumps);
	assert_true(parse("lastword_device_dumps yes\n").device_dumps);
	refused("lastword_fast 1\n", "neither yes nor no");
	refused("lastword_target_rate fast\n", "bytes a second");
	refused("lastword_target_rate 0\n", "bytes a second");
	refused("lastword_target_rate 5Mb\n", "bytes a second");
	refused("lastword_target_rate 99999999999999G\n", "bytes a second");
	refused("lastword_device_dumps 1\n", "neither yes nor no");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timeout),	       cmocka_unit_test(test_timeout_refused),
		cmocka_unit_test(test_watchdog),       cmocka_unit_test(test_crash_loop),
		cmocka_unit_test(test_capture_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
