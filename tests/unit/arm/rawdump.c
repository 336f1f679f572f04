/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/rawdump.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "dumpfile/flat_write.h"

#include "../made_root.h"
#include "../test.h"

#define NODE "/dev/vdb"
#define CONTENT "the dump of a kernel"

static int setup(void **state)
{
	struct root *r;

	made_root_setup(state);
	r = *state;
	made_disk(r, "vdb", "", 16, "S-2\n");
	assert_int_equal(setenv("TZ", "UTC", 1), 0);
	return 0;
}

static void write_dump(const struct root *r, bool whole)
{
	struct sink *device, *flat;
	int fd = openat(r->fd, root_relative(NODE), O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(sink_fd_new(fd, NODE, &device, NULL), 0);
	assert_int_equal(flat_write_new(device, &flat, NULL), 0);
	assert_int_equal(sink_write_at(flat, CONTENT, strlen(CONTENT), 0, NULL), 0);
	if (whole)
		assert_int_equal(sink_finish(flat, NULL), 0);
	assert_int_equal(sink_close(flat, NULL), 0);
}

static bool device_begins_with(const struct root *r, const char *bytes, size_t len)
{
	_cleanup_close_ int fd = openat(r->fd, root_relative(NODE), O_RDONLY | O_CLOEXEC);
	char head[16];

	assert_int_equal(pread_exactly(fd, head, sizeof(head), 0), 0);
	return memcmp(head, bytes, len) == 0;
}

static void file_is(const struct root *r, const char *path, const char *content)
{
	_cleanup_buf_ struct buf file = { 0 };
	struct stat st;

	assert_int_equal(root_read_file(r, path, 4096, &file), 0);
	assert_string_equal(file.data, content);
	assert_int_equal(fstatat(r->fd, root_relative(path), &st, 0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_whole(void **state)
{
	const struct root *r = *state;
	struct rawdump d;

	write_dump(r, true);
	assert_int_equal(rawdump_recover(r, NODE, "/var/crash", 0, &d, NULL), 0);
	assert_string_equal(d.file, "/var/crash/127.0.0.1-1970-01-01-00:00:00/vmcore");
	assert_true(d.complete);
	file_is(r, d.file, CONTENT);
	assert_true(device_begins_with(r, "\0\0\0\0", 4));
	rawdump_done(&d);
	/* And not again. */
	assert_int_equal(rawdump_recover(r, NODE, "/var/crash", 0, &d, NULL), 0);
	assert_null(d.file);
}

static void test_cut_short(void **state)
{
	const struct root *r = *state;
	struct rawdump d;

	write_dump(r, false);
	assert_int_equal(rawdump_recover(r, NODE, "/", 0, &d, NULL), 0);
	assert_string_equal(d.file, "/127.0.0.1-1970-01-01-00:00:00/vmcore-incomplete");
	assert_false(d.complete);
	file_is(r, d.file, CONTENT);
	assert_true(device_begins_with(r, "\0\0\0\0", 4));
	rawdump_done(&d);
}

static void test_failure_leaves_the_device(void **state)
{
	const struct root *r = *state;
	struct error e = { 0 };
	struct rawdump d;

	write_dump(r, true);
	made_file(r, "/var/crash", "a file where a directory has to be");
	assert_true(rawdump_recover(r, NODE, "/var/crash", 0, &d, &e) < 0);
	assert_non_null(strstr(error_text(&e), "would be overwritten by the next"));
	assert_true(device_begins_with(r, "makedumpfile", 12));
}

static void test_no_dump(void **state)
{
	const struct root *r = *state;
	struct rawdump d;

	assert_int_equal(rawdump_recover(r, NODE, "/var/crash", 0, &d, NULL), 0);
	assert_null(d.file);
	assert_int_equal(faccessat(r->fd, "var", F_OK, 0), -1);
	made_ext4(r, NODE);
	assert_int_equal(rawdump_recover(r, NODE, "/var/crash", 0, &d, NULL), 0);
	assert_null(d.file);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, made_root_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whole),
		TEST(test_cut_short),
		TEST(test_failure_leaves_the_device),
		TEST(test_no_dump),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
