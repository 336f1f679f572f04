/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/status.h"

#include <string.h>

#include "arm/image/files.h"

#include "../made_root.h"
#include "../test.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define BOOT "540daf65-07da-4a9f-8c54-5ac33fd0c9b9"

static int setup(void **state)
{
	struct root *r;

	made_root_setup(state);
	r = *state;
	made_file(r, "/sys/kernel/kexec_crash_size", "134217728\n");
	made_file(r, "/sys/kernel/kexec_crash_loaded", "1\n");
	made_file(r, "/proc/sys/kernel/random/boot_id", BOOT "\n");
	made_file(r, "/proc/sys/kernel/osrelease", "6.1\n");
	return 0;
}

static void status_is(const struct root *r, enum status_state state, const char *words)
{
	_cleanup_status_ struct status s = { 0 };

	status_read(r, &s);
	assert_int_equal(s.state, state);
	if (!strstr(s.why, words))
		fail_msg("'%s' does not say '%s'", s.why, words);
	assert_null(strchr(s.why, '\n'));
}

static void test_not_armed(void **state)
{
	const struct root *r = *state;

	made_file(r, "/sys/kernel/kexec_crash_loaded", "0\n");
	status_is(r, STATUS_NOT_ARMED, "run 'lastword arm'");
	made_file(r, "/sys/kernel/kexec_crash_size", "0\n");
	status_is(r, STATUS_NOT_ARMED, "lastword setup");
	assert_int_equal(file_remove(r, "/sys/kernel/kexec_crash_size", NULL), 0);
	status_is(r, STATUS_NOT_ARMED, "no kexec");
}

static void test_stale(void **state)
{
	const struct root *r = *state;
	static const char record[] =
		"lastword-record 1\nboot-id %s\nrelease 6.1\ntarget ext4 on /dev/vda, /\n"
		"image " ABC " 1\nend\n";
	char text[500];

	status_is(r, STATUS_STALE, "not by lastword");
	made_file(r, ARM_ARMED, "nonsense");
	status_is(r, STATUS_STALE, "not a record");
	snprintf(text, sizeof(text), record, "0000");
	made_file(r, ARM_ARMED, text);
	status_is(r, STATUS_STALE, "another boot");
	/* The record is right, but nothing of what it names can be found any more. */
	snprintf(text, sizeof(text), record, BOOT);
	made_file(r, ARM_ARMED, text);
	status_is(r, STATUS_STALE, "armed for ext4 on /dev/vda, /, but: the image of kernel 6.1");
	made_file(r, "/etc/kdump.conf", "path /a\nfoo\n");
	status_is(r, STATUS_STALE, "kdump.conf:2: unknown directive 'foo'");
}

static void test_files(void **state)
{
	const struct root *r = *state;
	_cleanup_buf_ struct buf read = { 0 };
	struct error e = { 0 };

	assert_int_equal(file_replace(r, ARM_IMAGE, "one", 3, NULL), 0);
	assert_int_equal(file_replace(r, ARM_IMAGE, "two", 3, NULL), 0);
	assert_int_equal(root_read_file(r, ARM_IMAGE, 100, &read), 0);
	assert_string_equal(read.data, "two");
	assert_int_equal(file_remove(r, ARM_IMAGE, NULL), 0);
	assert_int_equal(file_remove(r, ARM_IMAGE, NULL), 0);
	/* A file where a directory has to be. */
	made_file(r, "/etc/kdump.conf", "");
	assert_true(file_replace(r, "/etc/kdump.conf/x", "", 0, &e) < 0);
	assert_non_null(strstr(error_text(&e), "/etc/kdump.conf/x"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, made_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_not_armed),
		TEST(test_stale),
		TEST(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
