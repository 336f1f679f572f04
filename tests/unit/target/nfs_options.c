/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/nfs_options.h"

#include "../test.h"

static void test_find(void **state)
{
	size_t len;

	assert_null(nfs_option("", "vers", &len));
	/* not another option's tail, and not a word without a value */
	assert_null(nfs_option("mountvers=3,vers", "vers", &len));
	assert_memory_equal(nfs_option("mountvers=3,vers=4.1,hard", "vers", &len), "4.1", 3);
	assert_int_equal(len, 3);
}

static void test_versions(void **state)
{
	assert_true(nfs_options_allow("hard,mountvers=3", "4.2"));
	assert_true(nfs_options_allow("vers=4", "4.2"));
	assert_true(nfs_options_allow("vers=4", "4.0"));
	assert_false(nfs_options_allow("vers=4", "3"));
	assert_true(nfs_options_allow("vers=4.1", "4.1"));
	assert_false(nfs_options_allow("vers=4.1", "4.2"));
	assert_false(nfs_options_allow("vers=2", "3"));
}

static void formats(const char *given, const char *version, const char *server, const char *wanted)
{
	_cleanup_buf_ struct buf out = { 0 };

	assert_int_equal(nfs_options_format(given, version, server, &out), 0);
	assert_string_equal(out.data, wanted);
}

static void test_format(void **state)
{
	formats("", "4.2", "10.0.2.100", "vers=4.2,addr=10.0.2.100,proto=tcp,sec=sys");
	formats("hard,vers=4,timeo=50", "4.1", "fd00::1",
		"hard,timeo=50,vers=4.1,addr=fd00::1,proto=tcp6,sec=sys");
	formats("", "3", "fd00::1",
		"vers=3,addr=fd00::1,proto=tcp6,sec=sys,nolock,mountaddr=fd00::1,mountproto=tcp6");
	formats("mountproto=udp,mountaddr=10.0.0.9,vers=3", "3", "10.0.0.1",
		"mountproto=udp,mountaddr=10.0.0.9,vers=3,addr=10.0.0.1,proto=tcp,sec=sys,nolock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
