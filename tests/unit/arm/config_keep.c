/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/config.h"

#include <string.h>

#include "../test.h"

#define DISK "ext4 /dev/vda\n"

static struct plan_keep parse(const char *text)
{
	_cleanup_config_ struct config c = { 0 };
	struct error e = { 0 };

	if (config_parse(text, strlen(text), "kdump.conf", &c, &e) < 0)
		fail_msg("%s: %s", text, error_text(&e));
	return c.keep;
}

static void test_policy(void **state)
{
	struct plan_keep k = parse(DISK "lastword_keep dumps=10 bytes=50G\tdays=30 first room\n");

	assert_int_equal(k.dumps, 10);
	assert_int_equal(k.bytes, UINT64_C(50) << 30);
	assert_int_equal(k.days, 30);
	assert_true(k.first && k.room);
	k = parse(DISK);
	assert_false(k.dumps || k.bytes || k.days || k.first || k.room);
	assert_int_equal(parse(DISK "lastword_keep bytes=4096\n").bytes, 4096);
	assert_int_equal(parse(DISK "lastword_keep bytes=2T\n").bytes, UINT64_C(2) << 40);
	assert_true(parse("raw /dev/vda\nfallback nfs host:/dumps\nlastword_keep room\n").room);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{ DISK "lastword_keep first\n", "lets no dump go" },
		{ DISK "lastword_keep 10\n", "write dumps=N" },
		{ DISK "lastword_keep dumps=0\n", "write dumps=N" },
		{ DISK "lastword_keep dumps=-1\n", "write dumps=N" },
		{ DISK "lastword_keep dumps=1 dumps=2\n", "each once" },
		{ DISK "lastword_keep room room\n", "each once" },
		{ DISK "lastword_keep bytes=G\n", "write dumps=N" },
		{ DISK "lastword_keep bytes=1X\n", "write dumps=N" },
		{ DISK "lastword_keep bytes=9000000000T\n", "write dumps=N" },
		{ DISK "lastword_keep days=\n", "write dumps=N" },
		{ DISK "lastword_keep weeks=2\n", "write dumps=N" },
		{ "raw /dev/vda\nlastword_keep dumps=3\n", "raw device" },
		{ "ssh root@host\ncore_collector makedumpfile -F -l -d 31\nlastword_keep dumps=3\n",
		  "behind ssh" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_config_ struct config c = { 0 };
		struct error e = { 0 };

		if (config_parse(rows[i].text, strlen(rows[i].text), "kdump.conf", &c, &e) == 0)
			fail_msg("accepted: %s", rows[i].text);
		if (!strstr(error_text(&e), rows[i].words))
			fail_msg("%s: '%s' does not say '%s'", rows[i].text, error_text(&e),
				 rows[i].words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
