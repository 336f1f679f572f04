/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/thin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../made_root.h"
#include "../test.h"

#define HOST "127.0.0.1"
#define OWN HOST "-2026-11-21-03:14:00"

/* A file in a directory below parent, which is made, changed so many seconds ago. */
static void put(int parent, const char *dir, const char *name, time_t ago)
{
	const struct timespec when = { .tv_sec = time(NULL) - ago };
	const struct timespec both[] = { when, when };
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	(void)mkdirat(parent, dir, 0700);
	fd = openat(parent, path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "dump", 4), 4);
	assert_int_equal(futimens(fd, both), 0);
	close(fd);
}

static struct thin_list read_list(int parent)
{
	struct thin_list l;
	struct error e = { 0 };

	assert_int_equal(thin_list_read(parent, HOST, OWN, &l, &e), 0);
	return l;
}

static void test_what_counts(void **state)
{
	int parent = ((struct root *)*state)->fd;
	struct thin_list l;

	assert_int_equal(mkdirat(parent, OWN, 0700), 0);
	put(parent, OWN, "vmcore-incomplete", 0);
	put(parent, HOST "-2026-11-03-03:14:00", "vmcore", 0);
	put(parent, HOST "-2026-11-01-03:14:00", "vmcore.flat", 0);
	put(parent, HOST "-2026-11-02-03:14:00-1", "vmcore-incomplete", 7200);
	/* another machine's, not a dump's name, one without a dump, one that grows */
	put(parent, "127.0.0.11-2026-11-01-03:14:00", "vmcore", 0);
	put(parent, HOST "-2026-11-01", "vmcore", 0);
	put(parent, HOST "-2026-11-01-03:14:00-x", "vmcore", 0);
	put(parent, HOST "-2026-11-04-03:14:00", "vmcore-dmesg.txt", 0);
	put(parent, HOST "-2026-11-05-03:14:00", "vmcore-incomplete", 60);
	/* links: to a directory, to a file, and a file with two names */
	assert_int_equal(
		symlinkat(HOST "-2026-11-03-03:14:00", parent, HOST "-2026-11-06-03:14:00"), 0);
	assert_int_equal(mkdirat(parent, HOST "-2026-11-07-03:14:00", 0700), 0);
	assert_int_equal(symlinkat("/etc/passwd", parent, HOST "-2026-11-07-03:14:00/vmcore"), 0);
	put(parent, HOST "-2026-11-08-03:14:00", "vmcore", 0);
	assert_int_equal(linkat(parent, HOST "-2026-11-08-03:14:00/vmcore", parent, "other", 0), 0);

	l = read_list(parent);
	assert_int_equal(l.count, 3);
	assert_string_equal(l.dumps[0].dir, HOST "-2026-11-01-03:14:00");
	assert_string_equal(l.dumps[1].dir, HOST "-2026-11-02-03:14:00-1");
	assert_string_equal(l.dumps[2].dir, HOST "-2026-11-03-03:14:00");
	thin_list_done(&l);
}

static void test_removal(void **state)
{
	int parent = ((struct root *)*state)->fd;
	const char *dir = HOST "-2026-11-03-03:14:00";
	struct thin_list l;
	struct error e = { 0 };

	assert_int_equal(mkdirat(parent, OWN, 0700), 0);
	put(parent, dir, "vmcore", 0);
	put(parent, dir, "vmcore-dmesg.txt", 0);
	l = read_list(parent);
	assert_int_equal(thin_remove(parent, &l.dumps[0], OWN, &e), 0);
	assert_true(l.dumps[0].gone);
	assert_int_equal(faccessat(parent, HOST "-2026-11-03-03:14:00/vmcore", F_OK, 0), -1);
	assert_int_equal(faccessat(parent, HOST "-2026-11-03-03:14:00/vmcore-dmesg.txt", F_OK, 0),
			 0);
	assert_int_equal(faccessat(parent, HOST "-2026-11-03-03:14:00/vmcore-removed.txt", F_OK, 0),
			 0);
	thin_list_done(&l);
	l = read_list(parent);
	assert_int_equal(l.count, 0);
	thin_list_done(&l);
}

#define NOW 1795230840
#define AGO(days) (NOW - (days)*86400)

/* The names of what goes, one after the other. */
static void expect(struct plan_keep k, struct thin_new n, const char *names)
{
	struct thin_dump dumps[] = {
		{ "a", 100, AGO(40), false },
		{ "b", 100, AGO(20), false },
		{ "c", 100, AGO(10), false },
		{ "d", 100, AGO(1), false },
	};
	struct thin_list l = { dumps, ARRAY_SIZE(dumps), NOW };
	struct thin_dump *d;
	char gone[8] = "";

	while ((d = thin_choose(&l, &k, &n))) {
		d->gone = true;
		strcat(gone, d->dir);
	}
	assert_string_equal(gone, names);
}

static void test_choice(void **state)
{
	const struct thin_new before = { .bytes = 100 }, after = { .bytes = 100, .saved = true };
	const struct thin_new room = { .bytes = 100, .needs_room = true };

	expect((struct plan_keep){ 0 }, after, "");
	expect((struct plan_keep){ 0 }, room, "");
	expect((struct plan_keep){ .first = true }, room, "");
	expect((struct plan_keep){ .dumps = 5 }, after, "");
	expect((struct plan_keep){ .dumps = 4 }, after, "a");
	expect((struct plan_keep){ .dumps = 4, .first = true }, after, "b");
	expect((struct plan_keep){ .dumps = 1 }, after, "abcd");
	expect((struct plan_keep){ .dumps = 1, .first = true }, after, "bcd");
	expect((struct plan_keep){ .dumps = 1 }, before, "abc");
	expect((struct plan_keep){ .bytes = 500 }, after, "");
	expect((struct plan_keep){ .bytes = 350 }, after, "ab");
	expect((struct plan_keep){ .days = 30 }, after, "a");
	expect((struct plan_keep){ .days = 15 }, after, "ab");
	expect((struct plan_keep){ .room = true }, after, "");
	expect((struct plan_keep){ .room = true }, before, "");
	expect((struct plan_keep){ .room = true }, room, "abc");
	expect((struct plan_keep){ .room = true, .first = true }, room, "bc");
}

/* A clock that is years ahead makes nothing old. */
static void test_clock(void **state)
{
	struct thin_dump dumps[] = { { "a", 100, AGO(40), false }, { "b", 100, AGO(1), false } };
	struct thin_list l = { dumps, ARRAY_SIZE(dumps), NOW + INT64_C(1000) * 86400 };
	const struct plan_keep k = { .days = 30 };
	const struct thin_new n = { .saved = true };

	assert_null(thin_choose(&l, &k, &n));
	l.count = 0;
	assert_null(thin_choose(&l, &k, &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_what_counts, made_root_setup,
						made_root_teardown),
		cmocka_unit_test_setup_teardown(test_removal, made_root_setup, made_root_teardown),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
