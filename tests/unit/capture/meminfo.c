/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/meminfo.h"

#include "../test.h"

static void test_meminfo(void **state)
{
	const char *text = "MemTotal:          58480 kB\n"
			   "MemFree:           12124 kB\n"
			   "MemAvailable:      21688 kB\n"
			   "Buffers:               0 kB\n";
	uint64_t v = 7;

	assert_true(meminfo_get(text, "MemTotal", &v));
	assert_int_equal(v, 58480);
	assert_true(meminfo_get(text, "MemAvailable", &v));
	assert_int_equal(v, 21688);
	assert_true(meminfo_get(text, "Buffers", &v));
	assert_int_equal(v, 0);
	assert_false(meminfo_get(text, "Mem", &v));
	assert_false(meminfo_get(text, "Available", &v));
	assert_int_equal(v, 0);
}

static void test_vmstat(void **state)
{
	const char *text = "nr_free_pages 4123\noom_kill 2\noom_killer 9\nlast";
	uint64_t v;

	assert_true(meminfo_get(text, "oom_kill", &v));
	assert_int_equal(v, 2);
	assert_false(meminfo_get(text, "last", &v));
	assert_false(meminfo_get("", "oom_kill", &v));
	assert_false(meminfo_get("oom_kill x\n", "oom_kill", &v));
}

static void test_given(void **state)
{
	const char *iomem = "00000000-00000fff : Reserved\n"
			    "00001000-0009fbff : System RAM\n"
			    "000a0000-000bffff : PCI Bus 0000:00\n"
			    "30000000-37f5cfff : System RAM\n"
			    "  31000000-31e00ef0 : Kernel code\n"
			    "fee00000-fee00fff : Local APIC\n"
			    "100000000-101ffffff : System RAM\n";

	assert_int_equal(meminfo_given(iomem), 635 + ((0x37f5d000 - 0x30000000) >> 10) + 32768);
	assert_int_equal(meminfo_given(""), 0);
	assert_int_equal(meminfo_given("00000000-00000000 : System RAM\n"), 0);
	assert_int_equal(meminfo_given("x\n1000-1fff : System RAMs\n-1-5 : System RAM\n"), 0);
	assert_int_equal(meminfo_given("0-ffffffffffffffff : System RAM\n"), 0);
}

static void test_sample(void **state)
{
	struct meminfo_mark mark;

	meminfo_begin(&mark);
	assert_true(mark.total > 0);
	assert_true(mark.lowest_available <= mark.total);
	assert_true(mark.lowest_free <= mark.total);
	mark.lowest_available = 1;
	meminfo_sample(&mark);
	assert_int_equal(mark.lowest_available, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meminfo),
		cmocka_unit_test(test_vmstat),
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
