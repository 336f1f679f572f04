/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's file, line by line, and the story that it tells. */
#include "../test.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "netconsole/story_host.h"

#define M "-- lastword: "

static void note(void *user, const struct story_entry *e)
{
	struct buf *out = user;

	assert_int_equal(buf_printf(out, "%02u %s%s %s", (unsigned)(e->time_us / 1000000 % 60),
				    story_kind_names[e->kind], e->panic ? "!" : "", e->text),
			 0);
	if (*e->hash)
		assert_int_equal(buf_printf(out, " #%s", e->hash), 0);
	if (e->since_us)
		assert_int_equal(buf_printf(out, " +%u", (unsigned)(e->since_us / 1000000)), 0);
	if (e->resent)
		assert_int_equal(buf_printf(out, " %ur", (unsigned)e->resent), 0);
	if (e->lost)
		assert_int_equal(buf_printf(out, " %ul", (unsigned)e->lost), 0);
	assert_int_equal(buf_printf(out, "\n"), 0);
}

/* lines: each with its second before it. */
static void play(const char *lines, const char *outcome)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct story_list list = { 0 };
	struct host_story s = { 0 };

	while (*lines) {
		size_t len = strcspn(lines, "\n");
		char line[400];
		struct story_line l;
		int n = snprintf(line, sizeof(line), "2026-11-21T14:30:%.2s.000000Z%.*s", lines,
				 (int)len - 2, lines + 2);

		assert_true(story_line_parse(line, (size_t)n, &l));
		host_story_put(&s, &l, story_list_add, &list);
		lines += len + 1;
	}
	host_story_end(&s, story_list_add, &list);
	for (size_t i = 0; i < list.count; i++)
		note(&out, &list.entries[i]);
	assert_string_equal(out.data ?: "", outcome);
	story_list_done(&list);
}

static void whole(void **state)
{
	(void)state;
	play("01 " M "a new kernel begins: 6.1.0-50-amd64\n"
	     "01 [    1.000000] hello\n"
	     "04 [    4.000000] Kernel panic\n"
	     "07 " M "capture start: lastword in the capture kernel\n"
	     "07 (resent) [    4.100000] end\n"
	     "08 " M "panic: kernel panic: sysrq (lw1:abc)\n"
	     "08 " M "capture words: 5 records sent again\n"
	     "09 " M "capture target: ext4 on vda1, /x\n"
	     "12 " M "capture progress: 37 %\n"
	     "19 " M "capture saved: 43.1 MiB\n"
	     "20 " M "capture action: reboot\n"
	     "50 " M "3 messages lost\n"
	     "55 " M "a new kernel begins\n",
	     "01 boot 6.1.0-50-amd64\n"
	     "07 crash! kernel panic: sysrq #lw1:abc\n"
	     "07 capture lastword in the capture kernel\n"
	     "09 target ext4 on vda1, /x\n"
	     "19 saved 43.1 MiB +12 1r\n"
	     "20 action reboot\n"
	     "55 boot  +48 3l\n");
}

static void cut(void **state)
{
	(void)state;
	/* the capture kernel dies */
	play("04 [    4.000000] Kernel panic\n"
	     "14 " M "panic: p (lw1:abc)\n"
	     "17 " M "capture start: l\n"
	     "29 " M "capture progress: 37 %\n"
	     "55 " M "a new kernel begins\n",
	     "04 crash! p #lw1:abc\n17 capture l\n29 silent 37 % +12\n55 boot  +51\n");
	/* nothing is saved */
	play("17 " M "capture start: l\n"
	     "29 " M "capture failed: target: no disk\n"
	     "29 " M "capture action: reboot\n",
	     "17 capture l\n29 failed target: no disk +12\n29 action reboot\n");
	/* its beginning was lost */
	play("29 " M "capture saved: 1 MiB\n",
	     "29 capture its beginning was not heard\n29 saved 1 MiB\n");
	/* another tool's capture kernel, with a netconsole of its own */
	play("04 " M "panic: p ()\n05 " M "a new kernel begins: 6.1\n05 " M
	     "it is a capture kernel\n"
	     "30 " M "a new kernel begins: 6.1\n",
	     "04 crash! p\n05 boot 6.1 +1\n05 capture \n30 boot 6.1\n");
	/* an oops, and the machine goes on */
	play("04 " M "crash: oops: f (x) (lw1:d)\n09 hello\n", "04 crash oops: f (x) #lw1:d\n");
}

/* Marks are what the receiver wrote, at their place. */
static void forged(void **state)
{
	(void)state;
	play("01 \\x2d- lastword: panic: x (lw1:1)\n"
	     "01 [    1.000000] -- lastword: panic: x (lw1:1)\n"
	     "01  -- lastword: panic: x\n"
	     "01 10.0.0.1 -- lastword: panic: x\n"
	     "01 " M "something that is not known\n"
	     "01 " M "capture won: x\n",
	     "");
}

static void lines(void **state)
{
	static const char *const bad[] = {
		"",
		"hello",
		"2026-11-21T14:30:01.123456Z",
		"2026-13-21T14:30:01.123456Z x",
		"2026-11-21T24:30:01.123456Z x",
		"2026-11-21T14:30:01.12Z x",
		" 2026-11-21T14:30:01.123456Z x",
		"0000-11-21T14:30:01.123456Z x",
	};
	struct story_line l;
	uint64_t us;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(story_line_parse(bad[i], strlen(bad[i]), &l));
	assert_true(story_line_parse("2025-11-21T14:30:01.123456Z ", 28, &l));
	assert_int_equal(l.time_us, UINT64_C(1763735401123456));
	assert_int_equal(l.len, 0);
	assert_true(story_time_parse("2025-11-21", 10, &us));
	assert_int_equal(us, UINT64_C(1763683200000000));
	assert_false(story_time_parse("2025-11-21x", 11, &us));
}

/* The newest are kept. */
static void many(void **state)
{
	struct story_entry e = { .kind = STORY_ENTRY_BOOT };
	struct story_list list = { 0 };

	(void)state;
	for (uint64_t i = 0; i < STORY_ENTRIES + 10; i++) {
		e.time_us = i;
		story_list_add(&list, &e);
	}
	assert_int_equal(list.count, STORY_ENTRIES);
	assert_int_equal(list.forgotten, 10);
	assert_int_equal(list.entries[0].time_us, 10);
	story_list_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole), cmocka_unit_test(cut),	 cmocka_unit_test(forged),
		cmocka_unit_test(lines), cmocka_unit_test(many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
