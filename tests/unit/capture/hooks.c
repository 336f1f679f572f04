/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/hooks.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"

#include "../test.h"

/* A directory for scripts and for what they write, and what runs them. */
struct made {
	char dir[64], script[128], marks[128];
	struct plan plan;
	struct plan_hook hooks[2];
	struct board board;
	struct capture capture;
	struct target target;
	struct worker worker;
};

static int setup(void **state)
{
	struct made *m = calloc(1, sizeof(*m));

	strcpy(m->dir, "/tmp/lastword-hooks-XXXXXX");
	assert_non_null(mkdtemp(m->dir));
	snprintf(m->script, sizeof(m->script), "%s/hook", m->dir);
	snprintf(m->marks, sizeof(m->marks), "%s/marks", m->dir);
	m->plan = (struct plan){ .hooks = m->hooks, .hooks_count = 2, .hook_timeout = 20 };
	m->capture = (struct capture){ .plan = &m->plan, .board = &m->board, .report_fd = -1 };
	m->target = (struct target){ .dir = m->dir };
	m->worker = (struct worker){ .c = &m->capture, .target = &m->target };
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct made *m = *state;

	(void)unlink(m->script);
	(void)unlink(m->marks);
	(void)rmdir(m->dir);
	free(m);
	return 0;
}

/* Both hooks are the same script; the first one may veto. */
static void make_script(struct made *m, enum plan_hook_when when, const char *commands)
{
	FILE *f = fopen(m->script, "w");

	assert_non_null(f);
	assert_true(fprintf(f, "#!/bin/sh\n%s\n", commands) > 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(m->script, 0755), 0);
	m->hooks[0] = (struct plan_hook){ .when = when, .path = m->script, .vetoes = true };
	m->hooks[1] = (struct plan_hook){ .when = when, .path = m->script };
	m->board = (struct board){ 0 };
	(void)unlink(m->marks);
}

static void assert_marks(struct made *m, const char *wanted)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = read_file_at(AT_FDCWD, m->marks, 4096, &text);

	assert_string_equal(r < 0 ? "" : text.data ?: "", wanted);
}

static void test_veto(void **state)
{
	static const struct {
		const char *commands, *marks;
		bool vetoed;
	} cases[] = {
		{ "exit 0", "xx", false },   { "exit 1", "x", true },
		{ "exit 125", "x", true },   { "exit 126", "xx", false },
		{ "exit 127", "xx", false }, { "kill -9 $$", "xx", false },
	};
	struct made *m = *state;
	char text[200];
	bool vetoed;

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(text, sizeof(text), "printf x >> $LASTWORD_DIR/marks\n%s",
			 cases[i].commands);
		make_script(m, PLAN_HOOK_PRE, text);
		hooks_pre(&m->worker, &vetoed);
		assert_int_equal(vetoed, cases[i].vetoed);
		assert_marks(m, cases[i].marks);
		/* once alone */
		hooks_pre(&m->worker, &vetoed);
		assert_marks(m, cases[i].marks);
	}
}

static void test_not_there(void **state)
{
	struct made *m = *state;
	bool vetoed;

	make_script(m, PLAN_HOOK_PRE, "");
	assert_int_equal(unlink(m->script), 0);
	hooks_pre(&m->worker, &vetoed);
	assert_false(vetoed);
}

static void test_post(void **state)
{
	struct made *m = *state;

	make_script(m, PLAN_HOOK_POST, "printf \"$#$1 \" >> $LASTWORD_DIR/marks");
	m->plan.targets_count = 2;
	hooks_post(&m->worker);
	assert_marks(m, "");
	m->board.dump_saved = true;
	hooks_post(&m->worker);
	assert_marks(m, "10 10 ");
	m->board = (struct board){ .target = 1 };
	hooks_post_after(&m->capture, m->dir);
	assert_marks(m, "10 10 11 11 ");
	hooks_last(&m->capture);
	assert_marks(m, "10 10 11 11 ");
	m->board = (struct board){ .vetoed = true };
	hooks_last(&m->capture);
	assert_marks(m, "10 10 11 11 ");
}

static void test_emergency(void **state)
{
	struct made *m = *state;
	char text[300];

	snprintf(text, sizeof(text), "printf \"$#$LASTWORD_DIR \" >> %s", m->marks);
	make_script(m, PLAN_HOOK_EMERGENCY, text);
	hooks_last(&m->capture);
	assert_marks(m, "");
	m->capture.emergency = true;
	hooks_last(&m->capture);
	hooks_last(&m->capture);
	assert_marks(m, "0 0 ");
}

/* It is not waited for beyond its end, whoever holds its output open. */
static void test_left_behind(void **state)
{
	struct made *m = *state;
	usec_t begun = clock_now();

	make_script(m, PLAN_HOOK_POST, "sleep 100 &\nprintf x >> $LASTWORD_DIR/marks");
	hooks_post_after(&m->capture, m->dir);
	assert_marks(m, "xx");
	assert_true(clock_now() - begun < 10 * USEC_PER_SEC);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_veto),      TEST(test_not_there),   TEST(test_post),
		TEST(test_emergency), TEST(test_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
