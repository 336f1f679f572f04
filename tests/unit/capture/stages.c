/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told of the dump, as the board changes and time passes. */
#include "../test.h"

#include <stdio.h>
#include <string.h>

#include "capture/stages.h"

struct play {
	struct stages s;
	struct board b;
	usec_t now;
	char said[1000];
};

static void begin(struct play *p)
{
	*p = (struct play){ .now = 100 * USEC_PER_SEC };
}

static void expect(struct play *p, unsigned seconds, const char *wanted)
{
	enum announce_stage stage;
	char text[STAGES_TEXT], *at = p->said;

	p->said[0] = '\0';
	p->now += seconds * USEC_PER_SEC;
	while (stages_next(&p->s, &p->b, p->now, &stage, text))
		at += sprintf(at, "%s: %s\n", announce_stage_names[stage], text);
	assert_string_equal(p->said, wanted);
}

static void whole(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	expect(&p, 0, "");
	strcpy(p.b.opened, "ext4 on vda1, /x");
	expect(&p, 1, "target: ext4 on vda1, /x\n");
	p.b.phase = PHASE_DUMP;
	expect(&p, 1, "");
	p.b.total = 1000;
	expect(&p, 1, "");
	p.b.done = 50;
	expect(&p, 1, "");
	p.b.done = 100;
	expect(&p, 1, "progress: 10 %\n");
	expect(&p, 60, "");
	p.b.done = 111;
	expect(&p, 1, "progress: 11 %\n");
	p.b.done = 120;
	expect(&p, 1, "");
	expect(&p, 9, "progress: 12 %\n");
	p.b.done = 5000;
	expect(&p, 1, "progress: 100 %\n");
	strcpy(p.b.result, "43.1 MiB");
	p.b.dump_saved = true;
	expect(&p, 1, "saved: 43.1 MiB\n");
	p.b.phase = PHASE_CLOSE;
	p.b.done = 7;
	expect(&p, 60, "");
	p.b.action = PLAN_POWEROFF;
	p.b.ended = true;
	expect(&p, 0, "action: poweroff\n");
	assert_true(p.s.over);
	expect(&p, 60, "");
}

/* A second target, begun anew; in the end there is no dump. */
static void failed(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	strcpy(p.b.opened, "a");
	p.b.phase = PHASE_DUMP;
	p.b.total = 100;
	p.b.done = 90;
	expect(&p, 1, "target: a\nprogress: 90 %\n");
	strcpy(p.b.opened, "b");
	p.b.done = 10;
	expect(&p, 1, "target: b\nprogress: 10 %\n");
	strcpy(p.b.failure, "dump: disk full");
	p.b.ended = true;
	expect(&p, 1, "failed: dump: disk full\naction: reboot\n");
}

static void no_dump(void **state)
{
	struct play p;

	(void)state;
	begin(&p);
	p.b.vetoed = p.b.ended = true;
	expect(&p, 1, "failed: a hook wants no dump\naction: reboot\n");
	begin(&p);
	p.b.looping = p.b.ended = true;
	expect(&p, 1, "failed: crashes come too often: no dump\naction: reboot\n");
}

/* Whoever wrote the board died while it did: what it holds is cut, and read no further. */
static void torn(void **state)
{
	enum announce_stage stage;
	char text[STAGES_TEXT];
	struct play p;

	(void)state;
	begin(&p);
	memset(p.b.opened, 'x', sizeof(p.b.opened));
	memset(p.b.failure, 'y', sizeof(p.b.failure));
	memset(p.b.result, 'z', sizeof(p.b.result));
	p.b.dump_saved = true;
	assert_true(stages_next(&p.s, &p.b, p.now, &stage, text));
	assert_int_equal(strlen(text), sizeof(p.b.opened) - 1);
	assert_true(stages_next(&p.s, &p.b, p.now, &stage, text));
	assert_int_equal(stage, ANNOUNCE_SAVED);
	assert_int_equal(strlen(text), sizeof(text) - 1);
	assert_false(stages_next(&p.s, &p.b, p.now, &stage, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(failed),
		cmocka_unit_test(no_dump),
		cmocka_unit_test(torn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
