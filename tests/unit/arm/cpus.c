/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/cpus.h"

#include <errno.h>
#include <string.h>

#include "../made_root.h"
#include "../test.h"

static const char cpuinfo[] = "processor\t: 0\nvendor_id\t: GenuineIntel\napicid\t\t: 9\n"
			      "initial apicid\t: 8\nflags\t\t: fpu\n\n"
			      "processor\t: 1\napicid\t\t: 1\ninitial apicid\t: 1\n\n"
			      "processor\t: 2\napicid\t\t: 2\ninitial apicid\t: 2\n\n";

static void test_parsed(void **state)
{
	struct cpus cpus;

	assert_int_equal(cpus_parse(cpuinfo, &cpus), 0);
	assert_int_equal(cpus.present, 3);
	assert_int_equal(cpus.boot_apicid, 8);
}

static void test_not_parsed(void **state)
{
	static const char *const texts[] = {
		"",
		"processor\t: 0\napicid\t\t: 9\n",
		"processor\t: 1\ninitial apicid\t: 1\n",
		"initial apicid\t: 1\nprocessor\t: 0\n",
		"processor\t: 0\ninitial apicid\t:\nx 7\n",
		"processor\t: 0\ninitial apicid\t: 99999999999999999999\n",
	};
	struct cpus cpus;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(cpus_parse(texts[i], &cpus), -ENOENT);
}

static void words(const struct root *r, unsigned wanted, const char *expected,
		  unsigned expected_cpus)
{
	_cleanup_buf_ struct buf out = { 0 };
	unsigned cpus = 0;

	assert_int_equal(cpus_cmdline(r, wanted, &out, &cpus, NULL), 0);
	assert_string_equal(out.data, expected);
	assert_int_equal(cpus, expected_cpus);
}

static void test_words(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct root r;
	unsigned cpus;

	made_root(&r);
	words(&r, 1, "nr_cpus=1", 1);
	assert_true(cpus_cmdline(&r, 2, &out, &cpus, NULL) < 0);
	made_file(&r, "/proc/cpuinfo", cpuinfo);
	words(&r, 1, "nr_cpus=1 disable_cpu_apicid=8", 1);
	words(&r, 2, "nr_cpus=2 disable_cpu_apicid=8", 2);
	words(&r, 64, "nr_cpus=3 disable_cpu_apicid=8", 3);
	made_root_remove(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parsed),
		cmocka_unit_test(test_not_parsed),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
