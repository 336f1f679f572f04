/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/crashkernel.h"

#include <errno.h>
#include <string.h>

#include "arm/boot/advice.h"

#include "../made_root.h"
#include "../test.h"

#define FEDORA "2G-64G:256M,64G-:512M"

static void test_forms(void **state)
{
	/* What is read, how it is printed, what it gives with 4 GiB less 5 MiB, as firmware leaves it. */
	static const struct {
		const char *value, *printed;
		uint64_t size;
	} forms[] = {
		{ "256M", "256M", MIB(256) },
		{ "1024m", "1G", GIB(1) },
		{ "0x10000000", "256M", MIB(256) },
		{ "512M@16M", "512M@16M", MIB(512) },
		{ "128M@0", "128M@0", MIB(128) },
		{ FEDORA, FEDORA, MIB(256) },
		{ "0-4G:128M,4G-:192M@64M", "0-4G:128M,4G-:192M@64M", MIB(192) },
		{ "8G-:256M", "8G-:256M", 0 },
		{ "300M,high", "300M,high", MIB(300) },
		{ "72M,low", "72M,low", MIB(72) },
		{ "1G,cma", "1G,cma", GIB(1) },
		{ "4097K quiet", "4097K", KIB(4097) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		char text[CRASHKERNEL_TEXT_MAX];
		struct crashkernel c;

		assert_int_equal(crashkernel_parse(forms[i].value, &c, NULL), 0);
		assert_int_equal(crashkernel_format(&c, text, sizeof(text)), 0);
		assert_string_equal(text, forms[i].printed);
		assert_int_equal(crashkernel_size(&c, GIB(4) - MIB(5)), forms[i].size);
	}
}

static void test_faults(void **state)
{
	static const struct {
		const char *value, *words;
	} faults[] = {
		{ "", "a size, such as 256M, expected at its end" },
		{ "auto", "RHEL 8" },
		{ "M", "before 'M'" },
		{ "256Mx", "nothing more expected before 'x'" },
		{ "256M@", "an offset" },
		{ "256M,hihg", "nothing more expected before ',hihg'" },
		{ "2G-:256M,high", "one size and nothing else" },
		{ "256M@16M,high", "one size and nothing else" },
		{ "2G:256M", "'-' expected before ':256M'" },
		{ "2G-64G:", "a size" },
		{ "64G-2G:256M", "ends at or below its start" },
		{ "2G-64G:256M,", "the memory a range starts with expected at its end" },
		{ "99999999999999999999", "a size" },
		{ "16777216T", "a size" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct error e = { 0 };
		struct crashkernel c;

		assert_int_equal(crashkernel_parse(faults[i].value, &c, &e), -EINVAL);
		assert_non_null(strstr(error_text(&e), faults[i].words));
	}
}

static void test_too_many_ranges(void **state)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error e = { 0 };
	struct crashkernel c;

	for (unsigned i = 0; i <= CRASHKERNEL_RANGES_MAX; i++)
		assert_int_equal(buf_printf(&text, "%s%uG-%uG:1M", i ? "," : "", i, i + 1), 0);
	assert_int_equal(crashkernel_parse(text.data, &c, &e), -EINVAL);
	assert_non_null(strstr(error_text(&e), "more than 32 ranges"));
}

static void test_edges(void **state)
{
	struct crashkernel c;

	assert_int_equal(crashkernel_parse(FEDORA, &c, NULL), 0);
	assert_int_equal(crashkernel_size(&c, GIB(2) - MIB(129)), 0);
	assert_int_equal(crashkernel_size(&c, GIB(2) - MIB(127)), MIB(256));
	assert_int_equal(crashkernel_size(&c, GIB(64) - MIB(129)), MIB(256));
	assert_int_equal(crashkernel_size(&c, GIB(64)), MIB(512));
	assert_int_equal(crashkernel_size(&c, UINT64_MAX), 0);
}

static void test_resolve(void **state)
{
	struct crashkernel_request q;

	assert_int_equal(crashkernel_resolve("ro crashkernel=128M crashkernel=256M", "x86_64",
					     GIB(4), &q, NULL),
			 0);
	assert_true(q.size == MIB(256) && !q.high && q.low == 0 && q.cma == 0);
	assert_int_equal(crashkernel_resolve("crashkernel=72M,low crashkernel=300M,high\n",
					     "x86_64", GIB(4), &q, NULL),
			 0);
	assert_true(q.size == MIB(300) && q.high && q.low == MIB(72) && !q.low_by_default);
	assert_int_equal(crashkernel_resolve("crashkernel=300M,high", "aarch64", GIB(4), &q, NULL),
			 0);
	assert_true(q.low == MIB(128) && q.low_by_default);
	assert_int_equal(crashkernel_resolve("crashkernel=128M crashkernel=300M,high", "x86_64",
					     GIB(4), &q, NULL),
			 0);
	assert_true(q.size == MIB(128) && !q.high && q.low == 0);
	assert_int_equal(crashkernel_resolve("crashkernel=128M,cma quiet crashkernel=128M@16M",
					     "x86_64", GIB(4), &q, NULL),
			 0);
	assert_true(q.size == MIB(128) && q.cma == MIB(128) && q.at_offset && q.offset == MIB(16));
}

static void test_resolves_to_nothing(void **state)
{
	static const struct {
		const char *cmdline, *words;
		int r;
	} cases[] = {
		{ "ro quiet", "no crashkernel=", -ENOENT },
		{ "crashkernel=8G-:256M", "none of its ranges", -EINVAL },
		{ "crashkernel=72M,low", "alone reserves nothing", -EINVAL },
		{ "crashkernel=72M,cma", "alone reserves nothing", -EINVAL },
		{ "crashkernel=0", "its size is 0", -EINVAL },
		{ "crashkernel=4G", "wants 4096 MiB, the machine has 4096 MiB", -EINVAL },
		{ "crashkernel=1G,high crashkernel=x,low", "a size", -EINVAL },
		{ "crashkernel=256M crashkernel=x", "a size", -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct crashkernel_request q;
		struct error e = { 0 };

		assert_int_equal(crashkernel_resolve(cases[i].cmdline, "x86_64", GIB(4), &q, &e),
				 cases[i].r);
		assert_non_null(strstr(error_text(&e), cases[i].words));
	}
}

static void test_check(void **state)
{
	/* remark NULL: nothing is to be said. */
	static const struct {
		const char *cmdline, *words;
		enum crashkernel_grade grade;
	} cases[] = {
		{ "quiet", NULL, 0 },
		{ "crashkernel=256M", NULL, 0 },
		{ "crashkernel=128M", "reserves 128 MiB, kernel and capture image need 200 MiB",
		  CRASHKERNEL_FAULT },
		{ "crashkernel=256M crashkernel=256M", "stands 2 times", CRASHKERNEL_NOTE },
		{ "crashkernel=256M crashkernel=1G,high", "no effect beside", CRASHKERNEL_WARNING },
		{ "crashkernel=2G-8G:256M,16G-:512M", "no range for machines with 8G to 16G",
		  CRASHKERNEL_WARNING },
		{ "crashkernel=2G-8G:256M", "8G and more", CRASHKERNEL_NOTE },
		{ "crashkernel=256M,high crashkernel=0,low", "below 4 GiB", CRASHKERNEL_WARNING },
		{ "crashkernel=256M@16M", "the place 0x1000000", CRASHKERNEL_NOTE },
		{ "crashkernel=8G-:256M", "none of its ranges", CRASHKERNEL_FAULT },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct crashkernel_remarks all;

		crashkernel_check(cases[i].cmdline, "x86_64", GIB(4), MIB(200), &all);
		assert_int_equal(all.count, cases[i].words ? 1 : 0);
		if (cases[i].words) {
			assert_non_null(strstr(all.remarks[0].text, cases[i].words));
			assert_int_equal(all.remarks[0].grade, cases[i].grade);
		}
	}
}

static void test_state(void **state)
{
	struct crashkernel_state s;
	struct root root;

	made_root(&root);
	crashkernel_state_read(&root, &s);
	assert_true(s.no_kexec && s.resolved == -ENOENT && s.total == 0);
	made_file(&root, "/proc/sys/kernel/arch", "x86_64\n");
	made_file(&root, "/proc/cmdline", "ro crashkernel=72M,low quiet crashkernel=300M,high\n");
	made_file(&root, "/sys/kernel/kexec_crash_size", "390070272\n");
	made_file(&root, "/proc/iomem",
		  "00100000-0fffffff : System RAM\n  01000000-057fffff : Crash kernel\n"
		  "100000000-1ffffffff : System RAM\n  1ec000000-1febfffff : Crash kernel\n");
	crashkernel_state_read(&root, &s);
	assert_false(s.no_kexec);
	assert_string_equal(s.words, "crashkernel=72M,low crashkernel=300M,high");
	assert_int_equal(s.resolved, 0);
	assert_int_equal(s.request.size, MIB(300));
	assert_int_equal(s.reserved, MIB(300));
	assert_int_equal(s.total, MIB(372));
	assert_int_equal(s.ram, GIB(4) + MIB(255));
	made_root_remove(&root);
}

static void test_kdump_default(void **state)
{
	static const struct {
		struct crashkernel_machine machine;
		const char *value;
	} cases[] = {
		{ { .arch = "x86_64" }, FEDORA },
		{ { .arch = "x86_64", .encrypted = true }, "2G-64G:320M,64G-:576M" },
		{ { .arch = "aarch64", .page = 4096 }, "2G-4G:256M,4G-64G:320M,64G-:576M" },
		{ { .arch = "aarch64", .page = 65536, .mlx5 = true, .smmu = true },
		  "2G-4G:940M,4G-64G:1004M,64G-:1260M" },
		{ { .arch = "ppc64le", .cpus = 16 },
		  "2G-4G:400M,4G-16G:528M,16G-64G:1040M,64G-128G:2064M,128G-:4112M" },
		{ { .arch = "riscv64" }, "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char text[CRASHKERNEL_TEXT_MAX];

		assert_int_equal(crashkernel_kdump_default(&cases[i].machine, text, sizeof(text)),
				 0);
		assert_string_equal(text, cases[i].value);
	}
}

static uint64_t recommended(uint64_t bytes, uint64_t formula, enum need_source source)
{
	const struct need n = { .bytes = bytes, .formula = formula, .source = source };

	return crashkernel_recommend(&n);
}

static void test_recommend(void **state)
{
	assert_int_equal(recommended(MIB(86), MIB(86), NEED_FORMULA), MIB(128));
	assert_int_equal(recommended(MIB(97), MIB(97), NEED_FORMULA), MIB(144));
	assert_int_equal(recommended(MIB(400), MIB(400), NEED_FORMULA), MIB(512));
	assert_int_equal(recommended(MIB(76), MIB(86), NEED_MEASURED), MIB(96));
	assert_int_equal(recommended(MIB(76), MIB(98), NEED_MEASURED), MIB(104));
	assert_int_equal(recommended(MIB(300), MIB(86), NEED_CRASHED), MIB(344));
	assert_int_equal(recommended(MIB(76), MIB(86), NEED_REHEARSED), MIB(96));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_too_many_ranges), cmocka_unit_test(test_edges),
		cmocka_unit_test(test_resolve),		cmocka_unit_test(test_resolves_to_nothing),
		cmocka_unit_test(test_check),		cmocka_unit_test(test_state),
		cmocka_unit_test(test_kdump_default),	cmocka_unit_test(test_recommend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
