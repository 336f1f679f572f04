/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../made_root.h"
#include "../test.h"

static void test_release(void **state)
{
	_cleanup_free_ char *release = NULL;

	assert_true(machine_release(*state, &release, NULL) < 0);
	made_file(*state, "/proc/sys/kernel/osrelease", "6.1.0-50-amd64\n");
	assert_int_equal(machine_release(*state, &release, NULL), 0);
	assert_string_equal(release, "6.1.0-50-amd64");
	made_file(*state, "/proc/sys/kernel/osrelease", "../../etc\n");
	assert_true(machine_release(*state, &release, NULL) < 0);
}

static void kernel_is(const struct root *r, const char *wanted)
{
	_cleanup_free_ char *path = NULL;
	struct error e = { 0 };

	if (machine_kernel_image(r, &(struct sysconfig){ 0 }, "6.1", &path, &e) < 0)
		fail_msg("%s", error_text(&e));
	assert_string_equal(path, wanted);
}

static void test_kernel_image(void **state)
{
	char *path = NULL;
	struct error e = { 0 };

	assert_true(machine_kernel_image(*state, &(struct sysconfig){ 0 }, "6.1", &path, &e) < 0);
	assert_non_null(strstr(error_text(&e), "no /boot/vmlinuz-6.1"));
	made_file(*state, "/proc/cmdline", "BOOT_IMAGE=(hd0,gpt2)/custom-kernel ro\n");
	made_file(*state, "/proc/sys/kernel/osrelease", "6.1\n");
	assert_true(machine_kernel_image(*state, &(struct sysconfig){ 0 }, "6.1", &path, &e) < 0);
	made_file(*state, "/boot/custom-kernel", "");
	kernel_is(*state, "/boot/custom-kernel");
	made_file(*state, "/lib/modules/6.1/vmlinuz", "");
	kernel_is(*state, "/lib/modules/6.1/vmlinuz");
	made_file(*state, "/boot/vmlinuz-6.1", "");
	kernel_is(*state, "/boot/vmlinuz-6.1");
}

static void captures(const struct root *r, const char *kernelver, const char *wanted)
{
	const struct sysconfig s = { .kernelver = (char *)kernelver };
	_cleanup_free_ char *release = NULL;
	struct error e = { 0 };

	if (machine_capture_release(r, &s, &release, &e) < 0)
		fail_msg("%s", error_text(&e));
	assert_string_equal(release, wanted);
}

static void test_capture_kernel(void **state)
{
	struct sysconfig s = { .bootdir = (char *)"/kernels",
			       .img = (char *)"bzImage",
			       .img_ext = (char *)".efi" };
	_cleanup_free_ char *path = NULL;
	char *none = NULL;
	struct error e = { 0 };

	made_file(*state, "/proc/sys/kernel/osrelease", "6.12+debug\n");
	captures(*state, NULL, "6.12+debug");
	made_dir(*state, "/lib/modules/6.12");
	captures(*state, NULL, "6.12");
	captures(*state, "6.12", "6.12");
	s.kernelver = (char *)"6.13";
	assert_int_equal(machine_capture_release(*state, &s, &none, &e), -ENOENT);
	assert_string_equal(error_text(&e), "/etc/sysconfig/kdump: KDUMP_KERNELVER: no "
					    "/lib/modules/6.13; is that kernel installed?");
	assert_int_equal(machine_kernel_image(*state, &s, "6.12", &none, &e), -ENOENT);
	assert_string_equal(error_text(&e), "/etc/sysconfig/kdump: KDUMP_BOOTDIR: no "
					    "bzImage-6.12.efi in /kernels");
	made_file(*state, "/etc/machine-id", "0123abcd\n");
	made_file(*state, "/kernels/0123abcd/6.12/bzImage", "");
	assert_int_equal(machine_kernel_image(*state, &s, "6.12", &path, NULL), 0);
	assert_string_equal(path, "/kernels/0123abcd/6.12/bzImage");
}

static void test_timezone(void **state)
{
	static const struct {
		const char *footer;
		size_t len;
		const char *wanted;
	} cases[] = {
		{ "\nCET-1CEST,M3.5.0,M10.5.0/3\n", 28, "CET-1CEST,M3.5.0,M10.5.0/3" },
		{ "\nUTC0\n", 6, "UTC0" },
		{ "\n\n", 2, "" },
		{ "UTC0", 4, NULL },
		{ "\nU C\n", 5, NULL },
		{ "\nU\0C\n", 5, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *zone = NULL;
		char tzif[44 + 64] = "TZif2";

		memcpy(tzif + 44, cases[i].footer, cases[i].len);
		if (!cases[i].wanted) {
			assert_true(timezone_footer(tzif, 44 + cases[i].len, &zone) < 0);
			continue;
		}
		assert_int_equal(timezone_footer(tzif, 44 + cases[i].len, &zone), 0);
		assert_string_equal(zone, cases[i].wanted);
	}
	for (size_t len = 0; len < 44; len++) {
		char *zone = NULL;

		assert_true(timezone_footer("TZif2\n\n", MIN(len, (size_t)7), &zone) < 0);
	}
}

static void test_no_timezone(void **state)
{
	_cleanup_free_ char *zone = NULL;

	assert_int_equal(machine_timezone(*state, &zone), 0);
	assert_string_equal(zone, "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, made_root_setup, made_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_release),  TEST(test_kernel_image), TEST(test_capture_kernel),
		TEST(test_timezone), TEST(test_no_timezone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
