/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/report.h"

#include <errno.h>
#include <string.h>

#include "inspect/report_write.h"

#include "../kernel/running.h"

#include "../test.h"

#define CRASHING_CPU (FAKE_IMAGE + 0x190118)
#define SECTIONS 11

static usec_t clock_stands(void)
{
	return 1;
}

static usec_t ticks;

/* Each look at it costs a second. */
static usec_t clock_runs(void)
{
	return ticks += USEC_PER_SEC;
}

static struct report_options options(void)
{
	return (struct report_options){
		.now = clock_stands,
		.section_limit = REPORT_SECTION_LIMIT,
		.total_limit = REPORT_TOTAL_LIMIT,
	};
}

/* Task 4 was at `regs` on CPU 1, which panicked. */
static void crash(struct running *r, const struct regs *regs)
{
	running_init(r);
	running_note(r, 1, 4, regs);
	running_put(r, CRASHING_CPU, 1);
	running_open(r);
}

static int build(struct running *r, const struct report_options *o, struct buf *text,
		 struct buf *json, struct error *e)
{
	_cleanup_(document_done) struct document d = { 0 };
	_cleanup_(inspect_done) struct inspect c = { 0 };
	int err;

	assert_int_equal(inspect_open(r->kernel, &c, NULL), 0);
	err = report_build(&c, o, &d, e);
	if (err == 0)
		err = report_write_text(&d, 0, text);
	if (err == 0)
		err = report_write_json(&d, json);
	return err;
}

static unsigned count(const char *text, const char *part)
{
	unsigned n = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		n++;
	return n;
}

/* A kernel that has next to nothing: the stack is told, what lacks is named, all sections are there. */
static void test_poor_kernel(void **state)
{
	_cleanup_buf_ struct buf text = { 0 }, json = { 0 };
	_cleanup_running_ struct running r = { 0 };
	struct report_options o = options();
	struct regs user = running_user();
	struct regs regs;
	uint64_t sp;

	running_init(&r);
	sp = running_top(&r, 4);
	running_push_regs(&r, &sp, &user);
	running_push(&r, &sp, running_call(&r, F_ENTRY, F_SLEEP));
	running_enter(&sp, F_SLEEP);
	regs = running_at(F_SLEEP, sp);
	running_note(&r, 1, 4, &regs);
	running_put(&r, CRASHING_CPU, 1);
	running_open(&r);
	assert_int_equal(build(&r, &o, &text, &json, NULL), 0);
	assert_int_equal(count(text.data, "\n---"), SECTIONS);
	assert_non_null(strstr(text.data, "task4, pid 4, on CPU 1\n"));
	assert_non_null(strstr(text.data, "  0  do_nanosleep+0x"));
	assert_non_null(strstr(text.data, "  1  entry_SYSCALL_64+0x"));
	assert_non_null(strstr(text.data, "  entered from user space at 0x"));
	assert_true(count(text.data, "  ! ") > 0);
	assert_non_null(strstr(json.data, "\"schema\": \"lastword.report/1\""));
}

/* Nothing tells which task crashed: said in its section, and no other section is missing. */
static void test_nobody_crashed(void **state)
{
	_cleanup_buf_ struct buf text = { 0 }, json = { 0 };
	_cleanup_running_ struct running r = { 0 };
	struct report_options o = options();

	running_init(&r);
	running_open(&r);
	assert_int_equal(build(&r, &o, &text, &json, NULL), 0);
	assert_int_equal(count(text.data, "\n---"), SECTIONS);
	assert_non_null(strstr(text.data, "! no backtrace: "));
}

/* Sections for which there is no time are there by name. */
static void test_no_time(void **state)
{
	_cleanup_buf_ struct buf text = { 0 }, json = { 0 };
	_cleanup_running_ struct running r = { 0 };
	struct report_options o = options();
	struct regs regs = running_at(F_PANIC, running_stack(4) + KIB(8));

	o.now = clock_runs;
	o.total_limit = 8 * USEC_PER_SEC;
	crash(&r, &regs);
	assert_int_equal(build(&r, &o, &text, &json, NULL), 0);
	assert_int_equal(count(text.data, "\n---"), SECTIONS);
	assert_true(count(text.data, "! left out: the report's time is up") > 0);
	assert_true(count(text.data, "! left out: the report's time is up") < SECTIONS);
}

struct seen {
	unsigned sections;
	size_t first;
};

static int see(void *user, const struct document *d, size_t first)
{
	struct seen *s = user;

	assert_true(first == 0 ? s->sections == 0 : first > s->first);
	assert_int_equal(d->items[first].kind, ITEM_SECTION);
	s->first = first;
	return ++s->sections == 3 ? -ENOSPC : 0;
}

static void test_nowhere_to_write(void **state)
{
	_cleanup_buf_ struct buf text = { 0 }, json = { 0 };
	_cleanup_running_ struct running r = { 0 };
	struct report_options o = options();
	struct regs regs = running_at(F_PANIC, running_stack(4) + KIB(8));
	struct seen seen = { 0 };
	struct error e = { 0 };

	o.section_done = see;
	o.user = &seen;
	crash(&r, &regs);
	assert_int_equal(build(&r, &o, &text, &json, &e), -ENOSPC);
	assert_int_equal(seen.sections, 3);
	assert_non_null(strstr(error_text(&e), "section code"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_poor_kernel),
		cmocka_unit_test(test_nobody_crashed),
		cmocka_unit_test(test_no_time),
		cmocka_unit_test(test_nowhere_to_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
