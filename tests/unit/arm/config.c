/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/config.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

static void parse(const char *text, struct config *ret)
{
	struct error e = { 0 };

	if (config_parse(text, strlen(text), "kdump.conf", ret, &e) < 0)
		fail_msg("%s", error_text(&e));
}

static void test_defaults(void **state)
{
	_cleanup_config_ struct config c = { 0 };

	parse("# nothing\n\n   \t\n", &c);
	assert_string_equal(c.targets[0].path, "/var/crash");
	assert_false(c.targets[0].path_given);
	assert_int_equal(c.targets[0].kind, CONFIG_TARGET_PATH);
	assert_int_equal(c.collector, PLAN_COLLECT_MAKEDUMPFILE);
	assert_int_equal(c.level, 31);
	assert_int_equal(c.codec, CODEC_LZO);
	assert_int_equal(c.final_action, PLAN_REBOOT);
	assert_true(c.report);
	assert_null(c.notes.data);
}

static void test_stock_file(void **state)
{
	_cleanup_config_ struct config c = { 0 };

	parse("auto_reset_crashkernel yes\n#raw /dev/vg/lv_kdump\npath /var/crash\n"
	      "core_collector makedumpfile -l --message-level 7 -d 31\n",
	      &c);
	assert_int_equal(c.codec, CODEC_LZO);
	assert_int_equal(c.level, 31);
	assert_true(c.auto_reset_crashkernel);
	assert_null(c.notes.data);
}

static void test_dracut_args(void **state)
{
	static const struct {
		const char *text, *notes;
		enum config_target_kind kind;
		const char *device, *options;
	} cases[] = {
		{ "dracut_args --mount \"/dev/vda1 /kdumproot/mnt ext4 noatime,ro\"", NULL,
		  CONFIG_TARGET_FS, "/dev/vda1", "noatime,ro" },
		{ "dracut_args --mount='LABEL=dumps /m f2fs' --omit-drivers \"a b\"",
		  "kdump.conf:1: dracut_args: there is no dracut here; all but --mount and "
		  "--add-drivers has no effect\n",
		  CONFIG_TARGET_FS, "LABEL=dumps", NULL },
		{ "dracut_args --add foo",
		  "kdump.conf:1: dracut_args: there is no dracut here; all but --mount and "
		  "--add-drivers has no effect\n",
		  CONFIG_TARGET_PATH, NULL, NULL },
		{ "dracut_args --mount \"tag /m virtiofs\"", NULL, CONFIG_TARGET_VIRTIOFS, "tag",
		  NULL },
		{ "dracut_args --mount \"h:/s /m nfs4 vers=4.1\"", NULL, CONFIG_TARGET_NFS, "h:/s",
		  "vers=4.1" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_config_ struct config c = { 0 };

		parse(cases[i].text, &c);
		assert_int_equal(c.targets[0].kind, cases[i].kind);
		if (cases[i].device)
			assert_string_equal(c.targets[0].device, cases[i].device);
		if (cases[i].options)
			assert_string_equal(c.targets[0].mount_options, cases[i].options);
		if (cases[i].notes)
			assert_string_equal(c.notes.data, cases[i].notes);
		else
			assert_null(c.notes.data);
	}
}

static void test_extra(void **state)
{
	_cleanup_config_ struct config c = { 0 };

	parse("extra_modules e1000e  qla2xxx\nvirtiofs dumps\npath /here\n", &c);
	assert_string_equal(c.extra_modules, "e1000e  qla2xxx");
	assert_int_equal(c.targets[0].kind, CONFIG_TARGET_VIRTIOFS);
	assert_string_equal(c.targets[0].device, "dumps");
	config_done(&c);
	parse("dracut_args --add-drivers \"ext2 ext3\"\nextra_modules e1000e\n", &c);
	assert_string_equal(c.extra_modules, "ext2 ext3 e1000e");
	assert_null(c.notes.data);
}

static void test_fallbacks(void **state)
{
	_cleanup_config_ struct config c = { 0 };

	parse("fallback nfs [fd00::1]:/dumps /deep//er\next4 /dev/vda\npath /here\n"
	      "fallback raw /dev/vdb\nfallback path /var/crash\n",
	      &c);
	assert_int_equal(c.targets_count, 4);
	assert_int_equal(c.targets[0].kind, CONFIG_TARGET_FS);
	assert_int_equal(c.targets[1].kind, CONFIG_TARGET_NFS);
	assert_string_equal(c.targets[1].device, "[fd00::1]:/dumps");
	assert_string_equal(c.targets[1].path, "/deep/er");
	assert_int_equal(c.targets[2].kind, CONFIG_TARGET_RAW);
	assert_string_equal(c.targets[2].path, "/here");
	assert_int_equal(c.targets[3].kind, CONFIG_TARGET_PATH);
	assert_string_equal(c.targets[3].path, "/var/crash");
}

static void test_lines(void **state)
{
	static const struct {
		const char *text, *path;
	} cases[] = {
		{ "path /a", "/a" },
		{ "  path\t /a/b  \t\n", "/a/b" },
		{ "path //a///b//\n", "/a/b" },
		{ "path /\n", "/" },
		{ "path \"/a b\"\n", "/a b" },
		{ "path \"  /a \" # x\n", "/a" },
		{ "path /x#y\n", "/x" },
		{ "path \"/x#y\"\n", NULL }, /* never closed: it stays */
		{ "path /x # why\n", "/x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_config_ struct config c = { 0 };

		if (!cases[i].path) {
			assert_true(config_parse(cases[i].text, strlen(cases[i].text), "k", &c,
						 NULL) < 0);
			continue;
		}
		parse(cases[i].text, &c);
		assert_string_equal(c.targets[0].path, cases[i].path);
		assert_true(c.targets[0].path_given);
	}
}

static void test_report(void **state)
{
	_cleanup_config_ struct config yes = { 0 }, no = { 0 }, bad = { 0 };

	parse("lastword_report yes\n", &yes);
	assert_true(yes.report);
	parse("lastword_report no # not here\n", &no);
	assert_false(no.report);
	assert_int_equal(config_parse("lastword_report off\n", 20, "k", &bad, NULL), -EINVAL);
}

static void test_targets(void **state)
{
	_cleanup_config_ struct config fs = { 0 }, raw = { 0 };

	parse("xfs UUID=4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11\nfailure_action "
	      "poweroff\nfinal_action halt\n",
	      &fs);
	assert_int_equal(fs.targets[0].kind, CONFIG_TARGET_FS);
	assert_string_equal(fs.targets[0].fstype, "xfs");
	assert_string_equal(fs.targets[0].device, "UUID=4b9f4c1e-0c1c-4b0e-9b39-0f9f6e6a2b11");
	assert_int_equal(fs.failure_action, PLAN_POWEROFF);
	assert_int_equal(fs.final_action, PLAN_HALT);
	parse("raw /dev/disk/by-id/virtio-x\ndefault halt\n", &raw);
	assert_int_equal(raw.targets[0].kind, CONFIG_TARGET_RAW);
	assert_int_equal(raw.failure_action, PLAN_HALT);
	assert_string_equal(raw.notes.data,
			    "kdump.conf:2: default: out of date; write failure_action\n");
}

static void test_collectors(void **state)
{
	static const struct {
		const char *value;
		int collector, level, codec, threads;
	} good[] = {
		{ "makedumpfile", PLAN_COLLECT_MAKEDUMPFILE, 0, CODEC_NONE, 0 },
		{ "makedumpfile -c -d 31", PLAN_COLLECT_MAKEDUMPFILE, 31, CODEC_ZLIB, 0 },
		{ "makedumpfile -F -l -d17 --num-threads=3", PLAN_COLLECT_MAKEDUMPFILE, 17,
		  CODEC_LZO, 3 },
		{ "makedumpfile -pF --num-threads 2 --message-level=1", PLAN_COLLECT_MAKEDUMPFILE,
		  0, CODEC_SNAPPY, 2 },
		{ "/usr/sbin/makedumpfile -D -x /vmlinux -b 8 -c -d 31,1 -e",
		  PLAN_COLLECT_MAKEDUMPFILE, 31, CODEC_ZLIB, 0 },
		{ "makedumpfile -z --dump-level 1", PLAN_COLLECT_MAKEDUMPFILE, 1, CODEC_ZSTD, 0 },
		{ "cp", PLAN_COLLECT_COPY, 31, CODEC_LZO, 0 },
		{ "cat", PLAN_COLLECT_COPY, 31, CODEC_LZO, 0 },
		{ "scp", PLAN_COLLECT_COPY, 31, CODEC_LZO, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		_cleanup_config_ struct config c = { 0 };
		char text[200];

		snprintf(text, sizeof(text), "core_collector %s\n", good[i].value);
		parse(text, &c);
		assert_int_equal(c.collector, good[i].collector);
		assert_int_equal(c.level, good[i].level);
		assert_int_equal(c.codec, good[i].codec);
		assert_int_equal(c.threads, good[i].threads);
	}
}

static void test_collector_format(void **state)
{
	_cleanup_config_ struct config c = { 0 }, plain = { 0 };

	parse("core_collector makedumpfile -EFe -d 31 -L 512M --config /etc/erase.conf\n", &c);
	assert_true(c.elf);
	assert_true(c.unused_vmemmap);
	assert_int_equal(c.codec, CODEC_NONE);
	assert_int_equal(c.limit, MIB(512));
	assert_string_equal(c.erase, "/etc/erase.conf");
	assert_int_equal(c.notes.len, 0);
	parse("core_collector makedumpfile -l -d 31\n", &plain);
	assert_false(plain.elf || plain.unused_vmemmap || plain.limit || plain.erase);
}

static void test_collector_limits(void **state)
{
	static const struct {
		const char *value;
		uint64_t bytes; /* 0: refused */
	} cases[] = { { "1", 1 },
		      { "4096", 4096 },
		      { "7k", KIB(7) },
		      { "7K", KIB(7) },
		      { "3M", MIB(3) },
		      { "2G", GIB(2) },
		      { "0", 0 },
		      { "-1", 0 },
		      { "M", 0 },
		      { "1T", 0 },
		      { "1MB", 0 },
		      { "0x10", 0 },
		      { "8589934591G", GIB(8589934591) },
		      { "8589934592G", 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_config_ struct config c = { 0 };
		char text[100];
		int r;

		snprintf(text, sizeof(text), "core_collector makedumpfile -l -L %s\n",
			 cases[i].value);
		r = config_parse(text, strlen(text), "kdump.conf", &c, NULL);
		assert_int_equal(r, cases[i].bytes ? 0 : -EINVAL);
		if (r == 0)
			assert_int_equal(c.limit, cases[i].bytes);
	}
}

static void test_pace(void **state)
{
	static const struct {
		const char *text;
		bool fast, wanted;
		uint64_t rate;
	} cases[] = {
		{ "path /a\n", false, false, 0 },
		{ "lastword_fast yes\n", true, false, 0 },
		{ "lastword_target_rate auto\n", false, true, 0 },
		{ "lastword_target_rate 200M\n", false, true, MIB(200) },
		{ "lastword_target_rate 5000\n", false, true, 5000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_(config_done) struct config c = { 0 };

		assert_int_equal(
			config_parse(cases[i].text, strlen(cases[i].text), "kdump.conf", &c, NULL),
			0);
		assert_int_equal(c.fast, cases[i].fast);
		assert_int_equal(c.rate_wanted, cases[i].wanted);
		assert_int_equal(c.rate, cases[i].rate);
	}
}

#define ELF "writes ELF, which is not compressed: leave out -E, or -c, -l, -p and -z"

static void test_errors(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "\nfoo bar\n", "kdump.conf:2: unknown directive 'foo'" },
		{ "foo", "kdump.conf:1: unknown directive 'foo'" },
		{ "Path /a", "kdump.conf:1: unknown directive 'Path'" },
		{ "path", "kdump.conf:1: path: needs a value" },
		{ "path#/a", "kdump.conf:1: unknown directive 'path#/a'" },
		{ "path #/a", "kdump.conf:1: path: needs a value" },
		{ "force_rebuild yes", "kdump.conf:1: force_rebuild: 'yes' is neither 0 nor 1" },
		{ "force_no_rebuild 1\nforce_rebuild 1",
		  "kdump.conf:2: force_rebuild: force_rebuild and force_no_rebuild cannot both be "
		  "1" },
		{ "path \"\"", "kdump.conf:1: path: needs a value" },
		{ "path a", "kdump.conf:1: path: 'a' does not begin with /" },
		{ "path /a/../b", "kdump.conf:1: path: '/a/../b': .. is not allowed" },
		{ "path /a\n\npath /a", "kdump.conf:3: path: given twice, first in line 1" },
		{ "default halt\nfailure_action halt",
		  "kdump.conf:2: failure_action: given twice, first in line 1" },
		{ "ext4 /dev/vda\nraw /dev/vdb",
		  "kdump.conf:2: raw: a second dump target; the first is in line 1" },
		{ "ext4 vda",
		  "kdump.conf:1: ext4: 'vda' is no device; write /dev/…, UUID=… or LABEL=…" },
		{ "ext4 UUID=",
		  "kdump.conf:1: ext4: 'UUID=' is no device; write /dev/…, UUID=… or LABEL=…" },
		{ "nfs host", "kdump.conf:1: nfs: 'host': write HOST:/DIRECTORY" },
		{ "nfs host:/x\nnfs4 host:/y", "kdump.conf:2: nfs4: given twice, first in line 1" },
		{ "nfs host:/x\next4 /dev/vda",
		  "kdump.conf:2: ext4: a second dump target; the first is in line 1" },
		{ "fallback", "kdump.conf:1: fallback: needs a value" },
		{ "fallback halt now",
		  "kdump.conf:1: fallback: 'halt now': write a target's directive and its value, "
		  "such as 'fallback nfs HOST:/DIRECTORY', or 'fallback path DIRECTORY'" },
		{ "fallback ext4 vda",
		  "kdump.conf:1: fallback: ext4: 'vda' is no device; write /dev/…, UUID=… or "
		  "LABEL=…" },
		{ "fallback raw /dev/vda /a /b",
		  "kdump.conf:1: fallback: 'raw /dev/vda /a /b': too many words" },
		{ "dracut_args --mount",
		  "kdump.conf:1: dracut_args: --mount: write \"DEVICE MOUNTPOINT TYPE OPTIONS\"" },
		{ "dracut_args --mount \"a /m raw\"",
		  "kdump.conf:1: dracut_args: --mount: raw is no file system" },
		{ "xfs /dev/vda\ndracut_args --mount \"/dev/vdb /m xfs\"",
		  "kdump.conf:2: dracut_args: --mount: a second dump target; the first is in line "
		  "1" },
		{ "dracut_args --mount \"/dev/vdb /m xfs\"\nxfs /dev/vda",
		  "kdump.conf:2: xfs: a second dump target; the first is in line 1" },
		{ "virtiofs a/b", "kdump.conf:1: virtiofs: 'a/b' is no tag" },
		{ "ssh host", "kdump.conf:1: ssh: 'host': write USER@HOST" },
		{ "sshkey key", "kdump.conf:1: sshkey: 'key' does not begin with /" },
		{ "blacklist x",
		  "kdump.conf:1: blacklist: kdump-utils gave this directive up; remove the line" },
		{ "failure_action sleep",
		  "kdump.conf:1: failure_action: unknown action 'sleep'; use reboot, halt, "
		  "poweroff, shell or dump_to_rootfs" },
		{ "final_action shell", "kdump.conf:1: final_action: unknown action 'shell'; use "
					"reboot, halt or poweroff" },
		{ "core_collector makedumpfile -d 32",
		  "kdump.conf:1: core_collector: dump level '32': give a number from 0 to 31" },
		{ "core_collector makedumpfile -d 31,x",
		  "kdump.conf:1: core_collector: dump level '31,x': give a number from 0 to 31" },
		{ "core_collector makedumpfile -d",
		  "kdump.conf:1: core_collector: makedumpfile -d needs a value" },
		{ "core_collector makedumpfile -E -z",
		  "kdump.conf:1: core_collector: makedumpfile -E " ELF },
		{ "core_collector makedumpfile -cE",
		  "kdump.conf:1: core_collector: makedumpfile -E " ELF },
		{ "core_collector makedumpfile -l --config erase.conf",
		  "kdump.conf:1: core_collector: makedumpfile --config 'erase.conf': give the "
		  "whole "
		  "path" },
		{ "core_collector makedumpfile -l --split",
		  "kdump.conf:1: core_collector: makedumpfile --split: a dump is one file; "
		  "makedumpfile --split wants several, and kdump.conf names one" },
		{ "core_collector makedumpfile -y",
		  "kdump.conf:1: core_collector: makedumpfile has no option '-y'" },
		{ "core_collector dd bs=1M", "kdump.conf:1: core_collector: 'dd' is not run in the "
					     "capture kernel; use makedumpfile, cp, cat or scp, or "
					     "a hook (kdump_post)" },
		{ "core_collector cp --sparse=always",
		  "kdump.conf:1: core_collector: cp --sparse=always: nothing is run, so options "
		  "have no meaning; "
		  "write 'cp' alone" },
		{ "path /a\r\n",
		  "kdump.conf:1: a control character; is this a text file with Unix line ends?" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct config c = { 0 };
		struct error e = { 0 };

		assert_true(config_parse(cases[i].text, strlen(cases[i].text), "kdump.conf", &c,
					 &e) < 0);
		assert_string_equal(error_text(&e), cases[i].error);
		assert_null(c.targets[0].path);
	}
}

static void test_not_text(void **state)
{
	struct config c;
	struct error e = { 0 };

	assert_int_equal(config_parse("path /a\0b", 9, "kdump.conf", &c, &e), -EINVAL);
	assert_string_equal(error_text(&e), "kdump.conf: not a text file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_stock_file),
		cmocka_unit_test(test_fallbacks),
		cmocka_unit_test(test_dracut_args),
		cmocka_unit_test(test_extra),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_report),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_collectors),
		cmocka_unit_test(test_collector_format),
		cmocka_unit_test(test_collector_limits),
		cmocka_unit_test(test_pace),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_not_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
