/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/config.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

static void test_several(void **state)
{
	static const char text[] = "lastword_notify journal\n"
				   "lastword_notify mail root\n"
				   "lastword_notify mail ops+dumps@example.org\n"
				   "lastword_notify webhook\thttps://example.org/hook?a=b\n";
	_cleanup_config_ struct config c = { 0 };
	struct error e;

	assert_int_equal(config_parse(text, strlen(text), "kdump.conf", &c, &e), 0);
	assert_int_equal(c.notify_count, 4);
	assert_int_equal(c.notify[0].kind, CONFIG_NOTIFY_JOURNAL);
	assert_string_equal(c.notify[0].to, "");
	assert_string_equal(c.notify[2].to, "ops+dumps@example.org");
	assert_int_equal(c.notify[3].kind, CONFIG_NOTIFY_WEBHOOK);
	assert_string_equal(c.notify[3].to, "https://example.org/hook?a=b");
	assert_string_equal(config_notify_name(c.notify[3].kind), "webhook");
}

static void test_refused(void **state)
{
	static const char *const lines[] = {
		"lastword_notify yes\n",
		"lastword_notify journal now\n",
		"lastword_notify mail\n",
		"lastword_notify mail -oQ/tmp\n",
		"lastword_notify mail a b\n",
		"lastword_notify mail a@b,c@d\n",
		"lastword_notify mail <a@b>\n",
		"lastword_notify webhook\n",
		"lastword_notify webhook file:///etc/shadow\n",
		"lastword_notify webhook https://a b\n",
		"lastword_notify mailer root\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_config_ struct config c = { 0 };
		struct error e;

		if (config_parse(lines[i], strlen(lines[i]), "kdump.conf", &c, &e) == 0)
			fail_msg("accepted: %s", lines[i]);
		assert_non_null(strstr(error_text(&e), "kdump.conf:1: lastword_notify"));
	}
}

static void test_limit(void **state)
{
	_cleanup_config_ struct config c = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct error e;

	for (unsigned i = 0; i <= CONFIG_NOTIFY_MAX; i++)
		assert_int_equal(buf_printf(&text, "lastword_notify mail a%u\n", i), 0);
	assert_int_equal(config_parse(text.data, text.len, "kdump.conf", &c, &e), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
