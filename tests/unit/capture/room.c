/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/room.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../test.h"

#define HOST "127.0.0.1"
#define OWN HOST "-2026-11-21-03:14:00"

/* A disk of three dumps' size, of which those that are there take their part. */
static const char *const older[] = { HOST "-2026-11-01-03:14:00", HOST "-2026-11-02-03:14:00",
				     HOST "-2026-11-03-03:14:00" };
static char parent[] = "/tmp/lastword-test-XXXXXX";

static bool is_there(const char *dir)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s/vmcore", parent, dir);
	return access(path, F_OK) == 0;
}

static uint64_t space(struct target *t)
{
	uint64_t free = 10;

	for (size_t i = 0; i < ARRAY_SIZE(older); i++)
		free += is_there(older[i]) ? 0 : 100;
	return free;
}

static void make(const char *dir, const char *name)
{
	char path[200];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", parent, dir);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/%s", parent, dir, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "dump", 4), 4);
	close(fd);
}

struct fixture {
	struct plan plan;
	struct board board;
	struct capture capture;
	struct target_ops ops;
	struct target target;
	struct worker worker;
	char dir[200], host[16];
};

static struct fixture *fixture(struct plan_keep keep)
{
	struct fixture *f = calloc(1, sizeof(*f));

	for (size_t i = 0; i < ARRAY_SIZE(older); i++)
		make(older[i], "vmcore");
	make(OWN, "vmcore-incomplete");
	snprintf(f->dir, sizeof(f->dir), "%s/%s", parent, OWN);
	strcpy(f->host, HOST);
	f->plan.host_ip = f->host;
	f->plan.keep = keep;
	f->capture = (struct capture){ .plan = &f->plan, .board = &f->board };
	f->ops.space = space;
	f->target = (struct target){ .ops = &f->ops, .dir = f->dir };
	f->worker = (struct worker){ .c = &f->capture, .target = &f->target };
	return f;
}

static void expect(bool first, bool second, bool third)
{
	assert_int_equal(is_there(older[0]), first);
	assert_int_equal(is_there(older[1]), second);
	assert_int_equal(is_there(older[2]), third);
}

static uint64_t ask(struct fixture *f, uint64_t needed, bool last)
{
	struct save_room room = room_of(&f->worker);

	return room.ask(room.user, needed, last);
}

static void test_nothing_without_a_policy(void **state)
{
	struct fixture *f = fixture((struct plan_keep){ 0 });

	assert_int_equal(ask(f, 1000, true), 10);
	room_after(&f->worker);
	expect(true, true, true);
	assert_int_equal(f->board.manifest.removed_count, 0);
	free(f);
}

static void test_room_is_the_last_resort(void **state)
{
	struct fixture *f = fixture((struct plan_keep){ .room = true });

	assert_int_equal(ask(f, 110, false), 10);
	assert_int_equal(ask(f, 110, true), 110);
	expect(false, true, true);
	assert_int_equal(f->board.manifest.removed_count, 1);
	assert_string_equal(f->board.manifest.removed[0].dump, older[0]);
	/* the newest stays, whatever is needed */
	assert_int_equal(ask(f, 1000, true), 210);
	expect(false, false, true);
	room_after(&f->worker);
	expect(false, false, true);
	free(f);
}

static void test_limits(void **state)
{
	struct fixture *f = fixture((struct plan_keep){ .dumps = 2, .first = true });

	assert_int_equal(ask(f, 10, false), 10);
	expect(true, true, true);
	assert_int_equal(ask(f, 110, false), 110);
	expect(true, false, true);
	room_after(&f->worker);
	expect(true, false, false);
	free(f);
}

static void clean(const char *dir, const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s/%s", parent, dir, name);
	(void)unlink(path);
}

static int teardown(void **state)
{
	static const char *const names[] = { "vmcore", "vmcore-incomplete", "vmcore-removed.txt" };
	char path[200];

	for (size_t n = 0; n < ARRAY_SIZE(names); n++) {
		clean(OWN, names[n]);
		for (size_t i = 0; i < ARRAY_SIZE(older); i++)
			clean(older[i], names[n]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(older); i++) {
		snprintf(path, sizeof(path), "%s/%s", parent, older[i]);
		(void)rmdir(path);
	}
	snprintf(path, sizeof(path), "%s/%s", parent, OWN);
	(void)rmdir(path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_nothing_without_a_policy, teardown),
		cmocka_unit_test_teardown(test_room_is_the_last_resort, teardown),
		cmocka_unit_test_teardown(test_limits, teardown),
	};
	int failed;

	if (!mkdtemp(parent))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(parent);
	return failed;
}
