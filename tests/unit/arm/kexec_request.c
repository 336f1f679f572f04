/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"

#define WORDS_MAX 12

/* argv is permuted, so it is a copy. */
static int parse(const char *line, struct kexec_request *ret, struct error *e, char **copy)
{
	char *argv[WORDS_MAX] = { NULL }, *rest = *copy = strdup(line);
	int argc = 0;

	while (rest && argc < WORDS_MAX - 1)
		argv[argc++] = strsep(&rest, " ");
	return kexec_request_parse(argc, argv, ret, e);
}

#define AT_ONCE (KEXEC_SYNC | KEXEC_LINKS_DOWN | KEXEC_RESTART)

static const struct {
	const char *line;
	unsigned does; /* all of it but KEXEC_CRASH, KEXEC_SAID_LOAD */
	enum kexec_place place;
	const char *kernel;
} rows[] = {
	{ "kexec", KEXEC_LOAD | KEXEC_SHUTDOWN | KEXEC_SYNC, KEXEC_FOR_RESTART, NULL },
	{ "kexec /k", KEXEC_LOAD | KEXEC_SHUTDOWN | KEXEC_SYNC, KEXEC_FOR_RESTART, "/k" },
	{ "kexec -l /k", KEXEC_LOAD | KEXEC_SYNC, KEXEC_FOR_RESTART, "/k" },
	{ "kexec /k --load -y", KEXEC_LOAD | KEXEC_NO_SYNC, KEXEC_FOR_RESTART, "/k" },
	{ "kexec -p /k", KEXEC_LOAD, KEXEC_FOR_CRASH, "/k" },
	{ "kexec -s -p /k", KEXEC_LOAD | KEXEC_FILE_ONLY, KEXEC_FOR_CRASH, "/k" },
	{ "kexec -s -a -p /k", KEXEC_LOAD, KEXEC_FOR_CRASH, "/k" },
	{ "kexec --load-panic /k -l", KEXEC_LOAD, KEXEC_FOR_CRASH, "/k" },
	{ "kexec -u", KEXEC_UNLOAD, KEXEC_FOR_RESTART, NULL },
	{ "kexec -p -u", KEXEC_UNLOAD, KEXEC_FOR_CRASH, NULL },
	{ "kexec -u -p", KEXEC_UNLOAD | KEXEC_LOAD, KEXEC_FOR_CRASH, NULL },
	{ "kexec -spu", KEXEC_UNLOAD | KEXEC_FILE_ONLY, KEXEC_FOR_CRASH, NULL },
	{ "kexec -e", AT_ONCE, KEXEC_FOR_RESTART, NULL },
	{ "kexec -e -x", KEXEC_SYNC | KEXEC_RESTART | KEXEC_LINKS_STAY, KEXEC_FOR_RESTART, NULL },
	{ "kexec -y -e", KEXEC_LINKS_DOWN | KEXEC_RESTART | KEXEC_NO_SYNC, KEXEC_FOR_RESTART,
	  NULL },
	{ "kexec -l -e", AT_ONCE, KEXEC_FOR_RESTART, NULL },
	{ "kexec -f /k", AT_ONCE | KEXEC_LOAD, KEXEC_FOR_RESTART, "/k" },
	{ "kexec -S", KEXEC_STATUS, KEXEC_FOR_CRASH, NULL },
	{ "kexec -l --status", KEXEC_STATUS, KEXEC_FOR_RESTART, NULL },
	{ "kexec -p -S", KEXEC_STATUS, KEXEC_FOR_CRASH, NULL },
	{ "kexec -S -u -e", KEXEC_STATUS, KEXEC_FOR_CRASH, NULL },
	{ "kexec --hotplug -p /k", KEXEC_LOAD | KEXEC_HOTPLUG, KEXEC_FOR_CRASH, "/k" },
	{ "kexec -l --real-mode /k", KEXEC_LOAD | KEXEC_SYNC | KEXEC_OLD_ENTRY, KEXEC_FOR_RESTART,
	  "/k" },
	{ "kexec -l -- -k", KEXEC_LOAD | KEXEC_SYNC, KEXEC_FOR_RESTART, "-k" },
};

static void test_does(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_kexec_request_ struct kexec_request q = { 0 };
		_cleanup_free_ char *copy = NULL;
		struct error e = { 0 };

		if (parse(rows[i].line, &q, &e, &copy) < 0)
			fail_msg("%s: %s", rows[i].line, error_text(&e));
		q.does &= ~(unsigned)(KEXEC_CRASH | KEXEC_SAID_LOAD);
		if (q.does != rows[i].does || q.place != rows[i].place)
			fail_msg("%s: does %#x at %d", rows[i].line, q.does, q.place);
		if (rows[i].kernel)
			assert_string_equal(q.kernel, rows[i].kernel);
		else
			assert_null(q.kernel);
	}
}

/* Whatever follows them is not looked at. */
static void test_at_once(void **state)
{
	static const struct {
		const char *line;
		unsigned does;
	} at_once[] = {
		{ "kexec -h --bogus", KEXEC_HELP },
		{ "kexec -l -v", KEXEC_VERSION },
		{ "kexec --print-ckr-size -z", KEXEC_PRINT_SIZE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(at_once); i++) {
		_cleanup_kexec_request_ struct kexec_request q = { 0 };
		_cleanup_free_ char *copy = NULL;

		assert_int_equal(parse(at_once[i].line, &q, NULL, &copy), 0);
		assert_true(q.does & at_once[i].does);
	}
}

static void test_wrong(void **state)
{
	static const struct {
		const char *line;
		int code;
		const char *words;
	} wrong[] = {
		{ "kexec --bogus", -EINVAL, "kexec: unrecognized option '--bogus'" },
		{ "kexec -z", -EINVAL, "kexec: invalid option -- 'z'" },
		{ "kexec --load -lz", -EINVAL, "kexec: invalid option -- 'z'" },
		{ "kexec -l --initrd", -EINVAL, "kexec: option '--initrd' requires an argument" },
		{ "kexec -l -t", -EINVAL, "kexec: option requires an argument -- 't'" },
		{ "kexec --load=1", -EINVAL, "kexec: option '--load' doesn't allow an argument" },
		{ "kexec --entry=zz", -EINVAL, "Bad option value in --entry=zz" },
		{ "kexec --mem-min=", -EINVAL, "Bad option value in --mem-min=" },
		{ "kexec -S --initrd=x", -EINVAL, "kexec: unrecognized option '--initrd'" },
		{ "kexec -e --append=x", -EINVAL, "kexec: unrecognized option '--append'" },
		{ "kexec --load-jump-back-helper", -EOPNOTSUPP,
		  "--load-jump-back-helper not supported with kexec_file_load" },
		{ "kexec --load-live-update", -EOPNOTSUPP,
		  "--load-live-update can only be used with xen" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		_cleanup_free_ char *copy = NULL;
		struct kexec_request q;
		struct error e = { 0 };

		assert_int_equal(parse(wrong[i].line, &q, &e, &copy), wrong[i].code);
		assert_string_equal(error_text(&e), wrong[i].words);
	}
}

static void test_notes(void **state)
{
	_cleanup_kexec_request_ struct kexec_request q = { 0 };
	_cleanup_free_ char *copy = NULL;

	assert_int_equal(parse("kexec -c -l /k --mem-max=0x1000 --serial=0x3f8", &q, NULL, &copy),
			 0);
	assert_non_null(strstr(q.notes.data, "--kexec-syscall: kexec_load(2) is not used"));
	assert_non_null(strstr(q.notes.data, "--mem-max: no effect"));
	assert_non_null(strstr(q.notes.data, "--serial: no effect"));
}

static void test_cmdline(void **state)
{
	static const char running[] = "BOOT_IMAGE=/vmlinuz root=/dev/vda1  crashkernel=128M quiet "
				      "crashkernel_x=1 xcrashkernel=2 BOOT_IMAGE\n";
	static const struct {
		const char *line, *cmdline;
	} lines[] = {
		{ "kexec -l /k", "" },
		{ "kexec -l /k --append=a", "a" },
		{ "kexec -l /k --append=a --command-line=b", "b" },
		{ "kexec -l /k --reuse-cmdline",
		  "root=/dev/vda1 crashkernel=128M quiet crashkernel_x=1 xcrashkernel=2" },
		{ "kexec -p /k --reuse-cmdline --append=x",
		  "root=/dev/vda1 quiet crashkernel_x=1 xcrashkernel=2 x" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_kexec_request_ struct kexec_request q = { 0 };
		_cleanup_buf_ struct buf line = { 0 };
		_cleanup_free_ char *copy = NULL;

		assert_int_equal(parse(lines[i].line, &q, NULL, &copy), 0);
		assert_int_equal(kexec_request_cmdline(&q, running, &line, NULL), 0);
		assert_string_equal(line.data, lines[i].cmdline);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_does),	cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_wrong),	cmocka_unit_test(test_notes),
		cmocka_unit_test(test_cmdline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
