/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/dump_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../made_root.h"
#include "../test.h"

#define NAME "127.0.0.1-2026-11-21-03:14:00"

static unsigned mode_of(int fd, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW), 0);
	return st.st_mode & 07777;
}

static void test_a_dump(void **state)
{
	int root = ((struct root *)*state)->fd;
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *dir = NULL;
	struct sink *sink;
	struct error e = { 0 };

	assert_int_equal(dump_dir_make(root, "/var//crash/", NAME, &fd, &dir, &e), 0);
	assert_string_equal(dir, "/var//crash/" NAME);
	assert_int_equal(mode_of(root, "var/crash/" NAME), 0700);

	assert_int_equal(dump_dir_create(fd, "vmcore", &sink, &e), 0);
	assert_int_equal(sink_append(sink, "text", 4, &e), 0);
	assert_int_equal(mode_of(fd, "vmcore-incomplete"), 0600);
	assert_int_equal(faccessat(fd, "vmcore", F_OK, 0), -1);
	assert_int_equal(sink_close(sink, &e), 0);
	assert_int_equal(dump_dir_commit(fd, "vmcore", &e), 0);
	assert_int_equal(mode_of(fd, "vmcore"), 0600);
	assert_int_equal(faccessat(fd, "vmcore-incomplete", F_OK, 0), -1);
}

static void test_never_overwrites(void **state)
{
	int root = ((struct root *)*state)->fd;
	_cleanup_close_ int first = -1, second = -1;
	_cleanup_free_ char *one = NULL, *two = NULL;
	struct sink *sink = NULL;
	struct error e = { 0 };

	assert_int_equal(dump_dir_make(root, "", NAME, &first, &one, &e), 0);
	assert_int_equal(dump_dir_make(root, "/", NAME, &second, &two, &e), 0);
	assert_string_equal(one, "/" NAME);
	assert_string_equal(two, "/" NAME "-1");
	assert_int_equal(dump_dir_create(first, "vmcore", &sink, &e), 0);
	assert_int_equal(sink_close(sink, &e), 0);
	assert_int_equal(dump_dir_create(first, "vmcore", &sink, &e), -EEXIST);
	assert_int_equal(dump_dir_commit(second, "vmcore", &e), -ENOENT);
	assert_non_null(strstr(error_text(&e), "vmcore-incomplete"));
}

static void test_links_stay_inside(void **state)
{
	int root = ((struct root *)*state)->fd;
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *dir = NULL;
	struct error e = { 0 };

	assert_int_equal(mkdirat(root, "data", 0755), 0);
	assert_int_equal(symlinkat("/data/../../data", root, "crash"), 0);
	assert_int_equal(dump_dir_make(root, "/crash/deep", NAME, &fd, &dir, &e), 0);
	assert_int_equal(faccessat(root, "data/deep/" NAME, F_OK, 0), 0);
}

static void test_a_file_in_the_way(void **state)
{
	int root = ((struct root *)*state)->fd;
	struct error e = { 0 };
	char *dir = NULL;
	int fd = -1;

	assert_int_equal(close(openat(root, "var", O_WRONLY | O_CREAT, 0600)), 0);
	assert_int_equal(dump_dir_make(root, "/var/crash", NAME, &fd, &dir, &e), -ENOTDIR);
	assert_int_equal(fd, -1);
	assert_null(dir);
}

static void test_incomplete_names(void **state)
{
	char name[64];

	dump_dir_incomplete_name("vmcore", name, sizeof(name));
	assert_string_equal(name, "vmcore-incomplete");
	dump_dir_incomplete_name("vmcore-dmesg.txt", name, sizeof(name));
	assert_string_equal(name, "vmcore-dmesg-incomplete.txt");
	dump_dir_incomplete_name("kexec-dmesg.log", name, sizeof(name));
	assert_string_equal(name, "kexec-dmesg-incomplete.log");
	dump_dir_incomplete_name("vmcore-dmesg.txt.enc", name, sizeof(name));
	assert_string_equal(name, "vmcore-dmesg-incomplete.txt.enc");
	dump_dir_incomplete_name("vmcore.enc", name, sizeof(name));
	assert_string_equal(name, "vmcore-incomplete.enc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_dump, made_root_setup, made_root_teardown),
		cmocka_unit_test_setup_teardown(test_never_overwrites, made_root_setup,
						made_root_teardown),
		cmocka_unit_test_setup_teardown(test_links_stay_inside, made_root_setup,
						made_root_teardown),
		cmocka_unit_test_setup_teardown(test_a_file_in_the_way, made_root_setup,
						made_root_teardown),
		cmocka_unit_test(test_incomplete_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
