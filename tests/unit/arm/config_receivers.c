/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lastword_netconsole */
#include "arm/config/config.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

static void taken(const char *line, const char *receivers)
{
	_cleanup_config_ struct config c = { 0 };
	struct error e;

	assert_int_equal(config_parse(line, strlen(line), "kdump.conf", &c, &e), 0);
	if (receivers)
		assert_string_equal(c.receivers, receivers);
	else
		assert_null(c.receivers);
}

static void test_taken(void **state)
{
	(void)state;
	taken("path /x\n", NULL);
	taken("lastword_netconsole auto\n", NULL);
	taken("lastword_netconsole no\n", "");
	taken("lastword_netconsole logs.example.org 10.0.0.1:514 [fd00::1]:6666\n",
	      "logs.example.org 10.0.0.1:514 [fd00::1]:6666");
}

static void test_refused(void **state)
{
	static const char *const lines[] = {
		"lastword_netconsole\n",
		"lastword_netconsole host:\n",
		"lastword_netconsole host:0\n",
		"lastword_netconsole host:65536\n",
		"lastword_netconsole :514\n",
		"lastword_netconsole [fd00::1\n",
		"lastword_netconsole [fd00::1]514\n",
		"lastword_netconsole []:514\n",
		"lastword_netconsole 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
		"lastword_netconsole a\nlastword_netconsole b\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		struct config c;

		assert_int_not_equal(
			config_parse(lines[i], strlen(lines[i]), "kdump.conf", &c, NULL), 0);
	}
}

static void test_split(void **state)
{
	static const struct {
		const char *word, *host;
		uint32_t port;
	} rows[] = {
		{ "a", "a", CONFIG_RECEIVER_PORT },
		{ "a:5", "a", 5 },
		{ "fd00::1", "fd00::1", CONFIG_RECEIVER_PORT },
		{ "[fd00::1]", "fd00::1", CONFIG_RECEIVER_PORT },
		{ "[fd00::1]:514", "fd00::1", 514 },
		{ "10.0.0.1:65535", "10.0.0.1", 65535 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *host;
		uint32_t port;

		assert_int_equal(config_split_receiver(rows[i].word, &host, &port, NULL), 0);
		assert_string_equal(host, rows[i].host);
		assert_int_equal(port, rows[i].port);
		free(host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
