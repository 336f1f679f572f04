/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"

#define MARK IMPORT_MARK "f\n"

static void parse(enum import_kind kind, bool in_place, const char *text, struct import *ret)
{
	struct error e = { 0 };

	if (import_parse(text, strlen(text), "f", kind, in_place, ret, &e) < 0)
		fail_msg("%s: %s", text, error_text(&e));
}

struct conf_case {
	const char *text, *conf, *sysconfig;
};

static void check(enum import_kind kind, const struct conf_case *c)
{
	_cleanup_import_ struct import im = { 0 };

	parse(kind, false, c->text, &im);
	assert_memory_equal(im.conf.data, MARK, strlen(MARK));
	assert_string_equal(im.conf.data + strlen(MARK), c->conf);
	if (c->sysconfig)
		assert_string_equal(im.sysconfig.data + strlen(MARK), c->sysconfig);
	else
		assert_null(im.sysconfig.data);
}

#define USUAL                                                                                      \
	"mce=off cgroup_disable=memory numa=off transparent_hugepage=never acpi_no_memhotplug "    \
	"hest_disable cma=0 hugetlb_cma=0 kfence.sample_interval=0 nokaslr pcie_ports=compat"

static void test_debian(void **state)
{
	static const struct conf_case cases[] = {
		{ "USE_KDUMP=1\nKDUMP_KERNEL=/var/lib/kdump/vmlinuz\nKDUMP_COREDIR=\"/var/"
		  "crash\"\n",
		  "path /var/crash\n", NULL },
		{ "MAKEDUMP_ARGS=\"-c -d 31\"\nKDUMP_NUM_DUMPS=3\nKDUMP_FAIL_CMD='/bin/bash; "
		  "reboot -f'",
		  "core_collector makedumpfile -c -d 31\nlastword_keep dumps=3\nfailure_action "
		  "shell\n",
		  NULL },
		{ "KDUMP_COREDIR=/dumps\nNFS=\"h:/x\"\n", "nfs h:/x\npath /\n", NULL },
		{ "NFS=h:/x\nSSH=k@h2\nSSH_KEY=/k\nKDUMP_COREDIR=/d\nKDUMP_NUM_DUMPS=2",
		  "ssh k@h2\npath /d\nsshkey /k\nfallback nfs h:/x /\nlastword_keep dumps=2\n",
		  NULL },
		{ "SSH=k@h\nKDUMP_NUM_DUMPS=2", "ssh k@h\npath /var/crash\n", NULL },
		{ "KDUMP_KERNEL=/boot/vmlinuz-6.1-amd64\nKDUMP_CMDLINE=\"a \\\"b\\\"\"", "",
		  "KDUMP_BOOTDIR=\"/boot\"\nKDUMP_KERNELVER=\"6.1-amd64\"\n"
		  "KDUMP_COMMANDLINE=\"a \\\"b\\\"\"\n" },
		{ "KDUMP_CMDLINE_APPEND=\"reset_devices systemd.unit=x nr_cpus=1 usbcore.nousb "
		  "debug\"",
		  "", "KDUMP_COMMANDLINE_APPEND=\"reset_devices " USUAL " debug\"\n" },
		{ "KDUMP_CMDLINE_APPEND=\"reset_devices systemd.unit=kdump-tools-dump.service "
		  "nr_cpus=1 irqpoll usbcore.nousb\"",
		  "", NULL },
		/* What our own parser would refuse is lost, and the rest is taken. */
		{ "KDUMP_COREDIR=/var/../x", "", NULL },
		{ "MAKEDUMP_ARGS='-E -d 31'", "core_collector makedumpfile -E -d 31\n", NULL },
		{ "MAKEDUMP_ARGS='-E -c'\nKDUMP_COREDIR=relative\nNFS=nothing\nKDUMP_NUM_DUMPS=x\n"
		  "KDUMP_KERNEL=boot/vmlinuz-6",
		  "", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(IMPORT_DEBIAN, &cases[i]);
}

static void test_suse(void **state)
{
	static const struct conf_case cases[] = {
		{ "KDUMP_SAVEDIR=/var/crash\nKDUMP_DUMPLEVEL=31\nKDUMP_DUMPFORMAT=lzo\n",
		  "path /var/crash\ncore_collector makedumpfile -l -d 31\n", NULL },
		{ "KDUMP_SAVEDIR=/d\nKDUMP_DUMPLEVEL=17\nKDUMP_DUMPFORMAT=ELF\n",
		  "path /d\ncore_collector makedumpfile -E -d 17\n", NULL },
		{ "KDUMP_SAVEDIR=file:///d\nKDUMP_DUMPFORMAT=raw\nKDUMP_CPUS=4\n",
		  "path /d\ncore_collector cp\nlastword_cpus 4\n", NULL },
		{ "KDUMP_SAVEDIR=nfs://h/export/d\nKDUMP_KEEP_OLD_DUMPS=-1",
		  "nfs h:/export/d\npath /\nlastword_keep dumps=1\n", NULL },
		{ "KDUMP_SAVEDIR=sftp://u:secret@h:22/d\nKDUMP_SSH_IDENTITY='/a /b'",
		  "ssh u@h\npath /d\nsshkey /a\n", NULL },
		{ "KDUMP_SAVEDIR='ssh://h/d nfs://n/e'",
		  "ssh root@h\npath /d\nfallback nfs n:/e /\n", NULL },
		{ "KDUMP_SAVEDIR=cifs://h/x\nKDUMP_CONTINUE_ON_ERROR=false\n"
		  "KDUMP_NOTIFICATION_TO='a@b c@d'\nKDUMP_PRESCRIPT='/p x'\nKDUMP_POSTSCRIPT=/q",
		  "failure_action shell\nlastword_notify mail a@b\nlastword_notify mail c@d\n"
		  "kdump_post /q\n",
		  NULL },
		/* found by fuzzing */
		{ "KDUMP_NET_TIMEOUT=00000000000000000016\nKDUMP_NOTIFICATION_TO='a b c d e'\n"
		  "KDUMP_NOTIFICATION_CC='f g h i'",
		  "lastword_timeout device=16\nlastword_notify mail a\nlastword_notify mail b\n"
		  "lastword_notify mail c\nlastword_notify mail d\nlastword_notify mail e\n"
		  "lastword_notify mail f\nlastword_notify mail g\nlastword_notify mail h\n",
		  NULL },
		{ "KDUMP_SAVEDIR=/d\nKDUMP_COMMANDLINE_APPEND=\"net_delay=3\"", "path /d\n",
		  "KDUMP_COMMANDLINE_APPEND=\"net_delay=3\"\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(IMPORT_SUSE, &cases[i]);
}

/* Each line has its fate, and none shows a password. */
static void test_fates(void **state)
{
	static const struct {
		const char *value;
		enum import_fate fate;
		const char *text;
	} wanted[] = {
		{ "/a", IMPORT_SAME, "line 2 sets it anew" },
		{ "ssh://u:***@h/d", IMPORT_TAKEN,
		  "a password is not stored: give the server a key; ssh u@h, path /d" },
		{ "***", IMPORT_LOST, "mail goes through this machine's mail system (sendmail)" },
		{ "x", IMPORT_LOST, "not a variable that is known" },
		{ "noapic", IMPORT_TAKEN, "read where it is" },
		{ "3", IMPORT_LOST,
		  "lastword_keep dumps=4, the new one counted; old ones go when it is saved; but "
		  "not "
		  "behind ssh: let the server do it" },
		{ "a#b", IMPORT_LOST, "kdump.conf has no word for a value with #" },
	};
	_cleanup_import_ struct import im = { 0 };

	parse(IMPORT_SUSE, true,
	      "KDUMP_SAVEDIR=/a\nKDUMP_SAVEDIR=ssh://u:secret@h/d\nKDUMP_SMTP_PASSWORD=geheim\n"
	      "KDUMP_ODD=x\nKDUMP_COMMANDLINE=noapic\nKDUMP_KEEP_OLD_DUMPS=3\n"
	      "KDUMP_POSTSCRIPT=a#b\n",
	      &im);
	assert_int_equal(im.count, ARRAY_SIZE(wanted));
	for (size_t i = 0; i < im.count; i++) {
		assert_string_equal(im.lines[i].value, wanted[i].value);
		assert_string_equal(im.lines[i].text.data, wanted[i].text);
		assert_int_equal(im.lines[i].fate, wanted[i].fate);
	}
	assert_null(im.sysconfig.data);
}

static void test_recognised(void **state)
{
	enum import_kind kind;

	assert_int_equal(import_recognise("USE_KDUMP=1\n", 12, &kind), 0);
	assert_int_equal(kind, IMPORT_DEBIAN);
	assert_int_equal(import_recognise("KDUMP_SAVEDIR=/x\n$(x)", 21, &kind), 0);
	assert_int_equal(kind, IMPORT_SUSE);
	assert_int_equal(import_recognise("KDUMP_IMG=x\n", 12, &kind), -ENOENT);
	assert_int_equal(import_recognise("", 0, &kind), -ENOENT);
}

static void test_refused(void **state)
{
	struct import im;
	struct error e = { 0 };

	assert_true(import_parse("A=$(x)", 6, "f", IMPORT_DEBIAN, false, &im, &e) < 0);
	assert_string_equal(error_text(&e), "f:1: $(…) would need a shell; lastword reads "
					    "assignments alone: NAME=\"value\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_debian),	cmocka_unit_test(test_suse),
		cmocka_unit_test(test_fates),	cmocka_unit_test(test_recognised),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
