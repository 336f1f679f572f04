/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/sysconfig.h"

#include <string.h>

#include "../made_root.h"
#include "../test.h"

static void parse(const char *text, struct sysconfig *ret)
{
	struct error e = { 0 };

	if (sysconfig_parse(text, strlen(text), ret, &e) < 0)
		fail_msg("%s", error_text(&e));
}

/* What kdump-utils installs on x86_64, without its comments. */
static const char stock[] =
	"KDUMP_KERNELVER=\"\"\nKDUMP_COMMANDLINE=\"\"\n"
	"KDUMP_COMMANDLINE_REMOVE=\"hugepages hugepagesz slub_debug quiet log_buf_len swiotlb "
	"hugetlb_cma ignition.firstboot cma\"\n"
	"KDUMP_COMMANDLINE_APPEND=\"novmcoredd irqpoll nr_cpus=1 reset_devices panic=10\"\n"
	"FADUMP_COMMANDLINE_APPEND=\"\"\nKEXEC_ARGS=\"-s\"\n#KDUMP_BOOTDIR=\"/boot\"\n"
	"KDUMP_IMG=\"vmlinuz\"\nKDUMP_IMG_EXT=\"\"\nVMCORE_CREATION_NOTIFICATION=\"yes\"\n";

static void test_stock(void **state)
{
	_cleanup_sysconfig_ struct sysconfig s = { 0 };

	parse(stock, &s);
	assert_null(s.kernelver);
	assert_null(s.commandline);
	assert_string_equal(s.img, "vmlinuz");
	assert_null(s.img_ext);
	assert_null(s.bootdir);
	assert_int_equal(s.cpus, 1);
	assert_true(s.notification);
	assert_false(s.suse);
	assert_false(s.append_only_adds);
	assert_int_equal(s.stdloglvl, 3);
	assert_null(s.notes.data);
}

static void test_values(void **state)
{
	_cleanup_sysconfig_ struct sysconfig s = { 0 };

	parse("KDUMP_COMMANDLINE_REMOVE+=' quiet'\nKDUMP_COMMANDLINE_APPEND='maxcpus=2 x'\n"
	      "KDUMP_COMMANDLINE_APPEND+=' nr_cpus=4'\nKDUMP_STDLOGLVL=4\nKDUMP_WHAT=1\nOTHER=2\n"
	      "KEXEC_ARGS='--reset-vga --elf32-core-headers --odd'\n"
	      "VMCORE_CREATION_NOTIFICATION=\n",
	      &s);
	assert_string_equal(s.remove, "hugepages hugepagesz slub_debug quiet");
	assert_string_equal(s.append, "maxcpus=2 x nr_cpus=4");
	assert_int_equal(s.cpus, 4);
	assert_int_equal(s.stdloglvl, 4);
	assert_false(s.notification);
	assert_string_equal(
		s.notes.data,
		"sysconfig/kdump:7: KEXEC_ARGS: '--odd' is not known here and has no effect\n"
		"sysconfig/kdump:5: KDUMP_WHAT: not known; it has no effect\n");
}

static void test_suse(void **state)
{
	_cleanup_sysconfig_ struct sysconfig s = { 0 };

	parse("KDUMP_SAVEDIR=/var/crash\nKDUMP_COMMANDLINE_APPEND=\"\"\n", &s);
	assert_true(s.suse);
	assert_true(s.append_only_adds);
	assert_non_null(strstr(s.notes.data, "setup --import"));
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "KDUMP_STDLOGLVL=5", "sysconfig/kdump:1: KDUMP_STDLOGLVL: '5' is no level from 0 "
				       "(nothing) to 4 (everything)" },
		{ "\nKDUMP_KERNELVER=../x", "sysconfig/kdump:2: KDUMP_KERNELVER: '../x' is part of "
					    "a file's name; it has no / and no blanks" },
		{ "KDUMP_BOOTDIR=boot",
		  "sysconfig/kdump:1: KDUMP_BOOTDIR: 'boot' does not begin with /" },
		{ "KDUMP_KERNELVER=$(uname -r)",
		  "sysconfig/kdump:1: $(…) would need a shell; lastword reads assignments alone: "
		  "NAME=\"value\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct sysconfig s;
		struct error e = { 0 };

		assert_true(sysconfig_parse(cases[i].text, strlen(cases[i].text), &s, &e) < 0);
		assert_string_equal(error_text(&e), cases[i].error);
	}
}

static void test_missing(void **state)
{
	_cleanup_sysconfig_ struct sysconfig none = { 0 }, some = { 0 };
	struct root r;

	made_root(&r);
	assert_int_equal(sysconfig_read(&r, &none, NULL), 0);
	assert_true(none.missing);
	assert_null(none.append);
	made_file(&r, "/etc/sysconfig/kdump", stock);
	assert_int_equal(sysconfig_read(&r, &some, NULL), 0);
	assert_false(some.missing);
	assert_non_null(some.append);
	made_root_remove(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stock),	cmocka_unit_test(test_values),
		cmocka_unit_test(test_suse),	cmocka_unit_test(test_refused),
		cmocka_unit_test(test_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
