/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/fit.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../dumpfile/expect.h"
#include "../test.h"

/* A hundred pages that do not compress of each kind, the kernel's last. */
#define PAGES "pages 0 500 noise\n"
#define KIND 100
#define PAGE 4096

static const unsigned kinds[] = { LEVEL_FREE, LEVEL_CACHE, LEVEL_CACHE_PRIVATE, LEVEL_USER };

struct test {
	struct sink *sink;
	uint64_t room;	  /* as told */
	uint64_t holds;	  /* as it turns out */
	uint64_t thinned; /* that a last resort adds to both */
	int full;	  /* what a write then says; 0: -ENOSPC */
	unsigned writes;
	char said[1000];
};

static int select_kinds(struct fit_job *j, struct error *e)
{
	int r;

	selection_done(j->sel);
	r = select_pages(&(struct select_job){ .dump = j->dump, .threads = 1 }, j->sel, e);
	for (size_t i = 0; i < ARRAY_SIZE(kinds) && r >= 0; i++)
		if (j->res->level & kinds[i])
			bitmap_clear_range(&j->sel->kept, i * KIND, KIND);
	j->sel->kept_pages = bitmap_count(&j->sel->kept, 0, j->sel->kept.bits);
	return r;
}

static int write_all_kinds(struct fit_job *j, struct error *e)
{
	struct test *t = j->user;

	t->writes++;
	return j->sel->kept_pages * PAGE > t->holds ? t->full ?: -ENOSPC : 0;
}

static uint64_t ask(void *user, uint64_t needed, bool last)
{
	struct test *t = user;

	if (last) {
		t->room += t->thinned;
		t->holds += t->thinned;
		t->thinned = 0;
	}
	return t->room;
}

static void tell(void *user, const char *text)
{
	struct test *t = user;

	strcat(strcat(t->said, text), "\n");
}

/* What came of it, and the level it was written with. */
static int run(struct test *t, unsigned asked, bool understood, unsigned *ret_level)
{
	struct mkdump *m = mkdump("elf\n" PAGES);
	struct dumpfile *d = expect_open(m);
	struct save_room room = { .ask = ask, .say = tell, .user = t };
	struct save_options o = { .codec = CODEC_LZO, .room = &room };
	struct save_result res = { .level = asked };
	struct selection sel = { 0 };
	const struct select_kernel kernel = { 0 };
	struct fit_job j = { .dump = d,
			     .options = &o,
			     .sel = &sel,
			     .res = &res,
			     .user = t,
			     .kernel = understood ? &kernel : NULL,
			     .select = select_kinds,
			     .write = write_all_kinds };
	int r;

	assert_int_equal(sink_fd_new(memfd_create("fit", MFD_CLOEXEC), "fit", &t->sink, NULL), 0);
	j.sink = t->sink;
	assert_int_equal(select_kinds(&j, NULL), 0);
	r = fit_write(&j, NULL);
	*ret_level = res.level;
	assert_int_equal(sink_close(t->sink, NULL), 0);
	selection_done(&sel);
	dumpfile_close(d);
	mkdump_free(m);
	return r;
}

#define ROOM(pages) ((uint64_t)(pages)*PAGE + 80000)

static void test_nothing_is_left_out_that_fits(void **state)
{
	struct test t = { .room = ROOM(500), .holds = ROOM(500) };
	unsigned level;

	assert_int_equal(run(&t, 0, true, &level), 0);
	assert_int_equal(level, 0);
	assert_int_equal(t.writes, 1);
	assert_string_equal(t.said, "");
}

static void test_stages(void **state)
{
	static const struct {
		unsigned pages, level;
	} rows[] = {
		{ 400, LEVEL_ZERO | LEVEL_FREE },
		{ 300, LEVEL_ZERO | LEVEL_FREE | LEVEL_CACHE },
		{ 200, LEVEL_ALL & ~LEVEL_USER },
		{ 100, LEVEL_ALL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct test t = { .room = ROOM(rows[i].pages), .holds = ROOM(rows[i].pages) };
		unsigned level;

		assert_int_equal(run(&t, 0, true, &level), 0);
		assert_int_equal(level, rows[i].level);
		assert_int_equal(t.writes, 1);
		assert_non_null(strstr(t.said, "level 0 needs about"));
	}
}

/* The sample may be wrong: the disk is full before its time, and less is begun anew. */
static void test_full_disk_begins_anew(void **state)
{
	/* a limit of size is as good as a full disk */
	static const int errors[] = { -ENOSPC, -EDQUOT, -EFBIG };

	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		struct test t = { .room = ROOM(500), .holds = ROOM(300), .full = errors[i] };
		unsigned level;

		assert_int_equal(run(&t, 0, true, &level), 0);
		assert_int_equal(level, LEVEL_ZERO | LEVEL_FREE | LEVEL_CACHE);
		assert_int_equal(t.writes, 4);
		assert_non_null(strstr(t.said, "begun anew"));
	}
}

static void test_as_far_as_there_is_room(void **state)
{
	struct test t = { .room = ROOM(20), .holds = ROOM(20) };
	unsigned level;

	assert_int_equal(run(&t, 0, true, &level), -ENOSPC);
	assert_int_equal(level, LEVEL_ALL);
	assert_int_equal(t.writes, 1);
	/* without a kernel pages cannot be told apart */
	t = (struct test){ .room = ROOM(20), .holds = ROOM(20) };
	assert_int_equal(run(&t, 0, false, &level), -ENOSPC);
	assert_int_equal(level, LEVEL_ZERO);
}

/* Older dumps go where nothing more can be left out. */
static void test_the_last_resort(void **state)
{
	struct test t = { .room = ROOM(20), .holds = ROOM(20), .thinned = MIB(4) };
	unsigned level;

	assert_int_equal(run(&t, LEVEL_ALL, true, &level), 0);
	assert_int_equal(t.writes, 1);
	t = (struct test){ .room = ROOM(100), .holds = ROOM(20), .thinned = MIB(4) };
	assert_int_equal(run(&t, LEVEL_ALL, true, &level), 0);
	assert_int_equal(t.writes, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_left_out_that_fits),
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_full_disk_begins_anew),
		cmocka_unit_test(test_as_far_as_there_is_room),
		cmocka_unit_test(test_the_last_resort),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
