/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include <string.h>

#include "netconsole/address.h"

static void expect(const char *text, int r, const char *host, uint16_t port)
{
	struct address a;
	char out[ADDRESS_TEXT_SIZE];
	int got = address_parse(text, 7, &a, NULL);

	if ((got < 0) != (r < 0))
		fail_msg("'%s': %d", text, got);
	if (r < 0)
		return;
	address_text(&a, out);
	assert_string_equal(out, host);
	assert_int_equal(a.port, port);
}

static void addresses(void **state)
{
	(void)state;
	expect("10.0.0.1", 0, "10.0.0.1", 7);
	expect("10.0.0.1:514", 0, "10.0.0.1", 514);
	expect("6666", 0, "::", 6666);
	expect("[::1]:80", 0, "::1", 80);
	expect("[::1]", 0, "::1", 7);
	expect("2001:db8::5", 0, "2001:db8::5", 7);
	expect("host.example", -1, "", 0);
	expect("10.0.0.1:0", -1, "", 0);
	expect("10.0.0.1:65536", -1, "", 0);
	expect("[::1]x", -1, "", 0);
	expect("[::1", -1, "", 0);
	expect("10.0.0.1:", -1, "", 0);
}

static bool allowed(struct allow *a, const char *text)
{
	struct address address;

	assert_int_equal(address_parse(text, 1, &address, NULL), 0);
	return allow_has(a, &address.ip);
}

static void networks(void **state)
{
	struct allow a = { 0 };

	(void)state;
	assert_true(allowed(&a, "192.0.2.1"));
	assert_int_equal(allow_add(&a, "10.0.0.0/8", NULL), 0);
	assert_int_equal(allow_add(&a, "192.168.1.128/25", NULL), 0);
	assert_int_equal(allow_add(&a, "fd00::/8", NULL), 0);
	assert_int_equal(allow_add(&a, "192.0.2.7", NULL), 0);
	assert_true(allowed(&a, "10.255.0.1"));
	assert_false(allowed(&a, "11.0.0.1"));
	assert_true(allowed(&a, "192.168.1.129"));
	assert_false(allowed(&a, "192.168.1.127"));
	assert_true(allowed(&a, "fd12::1"));
	assert_false(allowed(&a, "fe80::1"));
	assert_true(allowed(&a, "192.0.2.7"));
	assert_false(allowed(&a, "192.0.2.8"));
	assert_true(allow_add(&a, "10.0.0.0/33", NULL) < 0);
	assert_true(allow_add(&a, "10.0.0/8", NULL) < 0);
	assert_true(allow_add(&a, "fd00::/129", NULL) < 0);
	assert_true(allow_add(&a, "host", NULL) < 0);
	assert_true(allow_add(&a, "10.0.0.0/", NULL) < 0);
	allow_done(&a);
	/* everything of one family */
	assert_int_equal(allow_add(&a, "0.0.0.0/0", NULL), 0);
	assert_true(allowed(&a, "203.0.113.1"));
	assert_false(allowed(&a, "::1"));
	allow_done(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
