/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/config.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "../test.h"

static int parse(const char *text, struct config *ret, struct error *e)
{
	return config_parse(text, strlen(text), "k", ret, e);
}

static void test_hooks(void **state)
{
	_cleanup_config_ struct config c = { 0 };

	assert_int_equal(parse("kdump_pre /a b\nkdump_post \"/usr/bin/post\"\n"
			       "extra_bins /bin/date  /bin/ls\nlastword_timeout hook=2m\n",
			       &c, NULL),
			 0);
	assert_string_equal(c.hooks[PLAN_HOOK_PRE], "/a b");
	assert_string_equal(c.hooks[PLAN_HOOK_POST], "/usr/bin/post");
	assert_null(c.hooks[PLAN_HOOK_EMERGENCY]);
	assert_string_equal(c.extra_bins, "/bin/date  /bin/ls");
	assert_int_equal(c.time.hook, 120);
}

static void test_fences(void **state)
{
	_cleanup_config_ struct config usual = { 0 }, c = { 0 };

	assert_int_equal(parse("fence_kdump_nodes b c\n", &usual, NULL), 0);
	assert_string_equal(usual.fence.nodes, "b c");
	assert_int_equal(usual.fence.port, 7410);
	assert_int_equal(usual.fence.interval, 10);
	assert_int_equal(usual.fence.count, 0);
	assert_int_equal(usual.fence.family, AF_UNSPEC);
	assert_int_equal(
		parse("fence_kdump_args -p 7411 --family=ipv6 -c3 -v --interval 5\n", &c, NULL), 0);
	assert_int_equal(c.fence.port, 7411);
	assert_int_equal(c.fence.interval, 5);
	assert_int_equal(c.fence.count, 3);
	assert_int_equal(c.fence.family, AF_INET6);
}

static void test_last_resort(void **state)
{
	_cleanup_config_ struct config c = { 0 };

	assert_int_equal(parse("raw /dev/vda\nfailure_action dump_to_rootfs\npath /dumps\n"
			       "fallback path /b\n",
			       &c, NULL),
			 0);
	assert_int_equal(c.targets_count, 3);
	assert_int_equal(c.targets[2].kind, CONFIG_TARGET_ROOTFS);
	assert_string_equal(c.targets[2].path, "/dumps");
	assert_int_equal(c.failure_action, PLAN_DUMP_TO_ROOTFS);
}

static void test_errors(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "kdump_pre x", "k:1: kdump_pre: 'x' does not begin with /" },
		{ "kdump_post /x\nkdump_post /x", "k:2: kdump_post: given twice, first in line 1" },
		{ "extra_bins /bin/ls date", "k:1: extra_bins: 'date' does not begin with /" },
		{ "fence_kdump_args -p 0",
		  "k:1: fence_kdump_args: '0' is no number from 1 to 65535" },
		{ "fence_kdump_args -i 0",
		  "k:1: fence_kdump_args: '0' is no number from 1 to 3600" },
		{ "fence_kdump_args --family=ipx",
		  "k:1: fence_kdump_args: 'ipx' is none of auto, ipv4 and ipv6" },
		{ "fence_kdump_args -x",
		  "k:1: fence_kdump_args: '-x' is no option of fence_kdump_send" },
		{ "fence_kdump_args -p",
		  "k:1: fence_kdump_args: '-p' is no option of fence_kdump_send" },
		{ "fence_kdump_args node",
		  "k:1: fence_kdump_args: 'node' is no option of fence_kdump_send" },
		{ "lastword_timeout hook=0", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config c = { 0 };
		struct error e = { 0 };

		assert_true(parse(cases[i].text, &c, &e) < 0);
		if (cases[i].error)
			assert_string_equal(error_text(&e), cases[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hooks),
		cmocka_unit_test(test_fences),
		cmocka_unit_test(test_last_resort),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
