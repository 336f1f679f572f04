/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Datagrams of one source, as captured and as made up, and the records that come of them. */
#include "../test.h"

#include <string.h>

#include "heard.h"

struct step {
	const char *datagram; /* NULL: time passes */
	unsigned ms;
	size_t len; /* 0: strlen() */
};

static void play(struct heard *h, const struct step *steps, size_t count, const char *outcome)
{
	struct source s;
	struct address from = { .port = 6665 };
	usec_t now = 1000000;

	source_init(&s, &from, now);
	for (size_t i = 0; i < count; i++) {
		now += steps[i].ms * USEC_PER_MSEC;
		if (steps[i].datagram)
			source_put(&s, &h->shared, steps[i].datagram,
				   steps[i].len ?: strlen(steps[i].datagram), now, now);
		else if (source_deadline(&s) <= now)
			source_expire(&s, &h->shared, now, now);
	}
	source_expire(&s, &h->shared, UINT64_MAX, now);
	assert_string_equal(heard_take(h), outcome);
	source_done(&s, &h->shared);
}

#define PLAY(h, outcome, ...)                                                                      \
	do {                                                                                       \
		const struct step steps[] = { __VA_ARGS__ };                                       \
		play(h, steps, ARRAY_SIZE(steps), outcome);                                        \
	} while (0)

/* Captured from 6.1.0-50-amd64: a panic by SysRq, in basic format. */
static void basic(void **state)
{
	struct heard h;

	(void)state;
	heard_init(&h);
	PLAY(&h, "text: [    7.404208] sysrq: Trigger a crash\ntext: [    7.404606] Kernel panic\n",
	     { "[    7.404208] sysrq: Trigger a crash\n", 0, 0 },
	     { "[    7.404606] Kernel panic\n", 0, 0 });
	PLAY(&h, "text: one\ntext: two\ntext: three\n", { "one\ntwo\nth", 0, 0 },
	     { "ree\n", 10, 0 });
	PLAY(&h, "text cut: no end\n", { "no end", 0, 0 }, { NULL, 600, 0 });
	PLAY(&h, "text cut: first\ntext: second\n", { "first", 0, 0 }, { NULL, 600, 0 },
	     { "second\n", 0, 0 });
	/* a machine that boots */
	PLAY(&h, "text: [  100.000000] a\nreboot\ntext: [    0.100000] b\n",
	     { "[  100.000000] a\n", 0, 0 }, { "[    0.100000] b\n", 0, 0 });
	PLAY(&h, "text: [   25.218966] a\nreboot\ntext: [   20.754104] b\n",
	     { "[   25.218966] a\n", 0, 0 }, { "[   20.754104] b\n", 44465, 0 });
	PLAY(&h, "text: [   25.218966] a\ntext: [   20.754104] of a slow CPU\n",
	     { "[   25.218966] a\n", 0, 0 }, { "[   20.754104] of a slow CPU\n", 0, 0 });
	PLAY(&h, "text: \n", { "\n", 0, 0 });
	/* the text ends at the NUL for who prints it; the record holds all of it */
	PLAY(&h, "text: a\n", { "a\0b\n", 0, 4 });
	assert_int_equal(h.shared.counters.n[COUNT_BASIC_NUL], 1);
	assert_int_equal(h.shared.counters.n[COUNT_CUT_LINES], 2);
	heard_done(&h);
}

static void extended(void **state)
{
	struct heard h;

	(void)state;
	heard_init(&h);
	PLAY(&h, "text 0: Linux version 6.1.0\ntext 1: two\nlines\n",
	     { "5,0,0,-;Linux version 6.1.0\n", 0, 0 }, { "6,1,0,-;two\\x0alines\n", 0, 0 });
	/* pieces: cut in an escape, in another order, one of them twice */
	PLAY(&h, "text 7: h\xc3\xa9llo\n", { "6,7,5,-,ncfrag=3/24;c3\\xa9llo\n", 0, 0 },
	     { "6,7,5,-,ncfrag=3/24;c3\\xa9llo\n", 0, 0 }, { "6,7,5,-,ncfrag=0/24;h\\x", 0, 0 },
	     { "6,7,5,-,ncfrag=13/24; KEY=value\n", 0, 0 });
	PLAY(&h, "text 8 incomplete: ab<8 bytes lost>\n", { "6,8,5,-,ncfrag=0/10;ab", 0, 0 },
	     { NULL, 1100, 0 });
	PLAY(&h, "text 9 conflict: abcd\n", { "6,9,5,-,ncfrag=0/4;abc", 0, 0 },
	     { "6,9,5,-,ncfrag=2/4;Xd", 0, 0 });
	PLAY(&h, "text 10 stray: text\nno dictionary\n",
	     { "6,10,5,-;text\n KEY=1\nno dictionary\n", 0, 0 });
	PLAY(&h, "text 11: a\nlost: 3\ntext 12: b\n", { "6,11,5,-;a\n msgid=1\n", 0, 0 },
	     { "6,12,5,-;b\n msgid=5\n", 0, 0 });
	PLAY(&h,
	     "text 900: a\nreboot\n"
	     "text 0: Kernel command line: elfcorehdr=0x1000 quiet\ncapture\n",
	     { "6,900,3000000000,-;a\n", 0, 0 },
	     { "5,0,0,-;Kernel command line: elfcorehdr=0x1000 quiet\n", 0, 0 });
	PLAY(&h, "text: garbage;;\xff\xfe\n", { "garbage;;\xff\xfe\n", 0, 0 });
	assert_int_equal(h.shared.counters.n[COUNT_HOLES], 1);
	assert_int_equal(h.shared.counters.n[COUNT_CONFLICTS], 1);
	assert_int_equal(h.shared.counters.n[COUNT_LOST], 3);
	heard_done(&h);
}

static void names(void **state)
{
	static const char datagram[] =
		"6.1.0,6,1,1,-;t\n host=web1\n boot=b1\n taskname=x\n host=evil\n";
	struct address from = { .port = 1 };
	struct heard h;
	struct source s;

	(void)state;
	heard_init(&h);
	source_init(&s, &from, 1);
	source_put(&s, &h.shared, datagram, strlen(datagram), 1, 1);
	assert_string_equal(s.host, "web1");
	assert_string_equal(s.boot, "b1");
	assert_string_equal(s.release, "6.1.0");
	source_done(&s, &h.shared);
	heard_done(&h);
}

static void keep_boot(void *user, const struct record *r)
{
	const char **boot = user;

	if (r->kind == RECORD_TEXT)
		*boot = r->boot;
}

/* Basic text shows a reboot: what the kernel before it was called is gone. */
static void names_of_before(void **state)
{
	static const char *const datagrams[] = {
		"6.1.0,6,1,1,-;t\n host=web1\n boot=b1\n",
		"[  100.000000] a\n",
		"[    0.100000] b\n",
	};
	const struct address from = { .port = 1 };
	const char *boot = NULL;
	struct source_shared shared = { .emit = keep_boot, .user = &boot };
	struct source s;

	(void)state;
	assert_int_equal(source_shared_init(&shared), 0);
	source_init(&s, &from, 1);
	for (size_t i = 0; i < ARRAY_SIZE(datagrams); i++) {
		source_put(&s, &shared, datagrams[i], strlen(datagrams[i]), 1, 1);
		assert_true(!boot == (i == 2));
	}
	assert_int_equal(s.reboots, 1);
	source_done(&s, &shared);
	source_shared_done(&shared);
}

/* What 6.1 says when sysrq c is pressed, with callers, and another CPU's line in between. */
static const struct step panic[] = {
	{ "6,500,100000000,-,caller=T213;sysrq: Trigger a crash\n", 0, 0 },
	{ "0,501,100000100,-,caller=T213;Kernel panic - not syncing: sysrq triggered crash\n", 0,
	  0 },
	{ "4,502,100000200,-,caller=T213;CPU: 1 PID: 213 Comm: bash Not tainted 6.1.0-50-amd64 #1  "
	  "Debian 6.1.176-1\n",
	  0, 0 },
	{ "6,503,100000210,-,caller=C0;eth0: link up\n", 0, 0 },
	{ "4,504,100000300,-,caller=T213;Call Trace:\n", 0, 0 },
	{ "4,505,100000400,-,caller=T213; <TASK>\n", 0, 0 },
	{ "4,506,100000500,-,caller=T213; dump_stack_lvl+0x34/0x45\n", 0, 0 },
	{ "4,507,100000600,-,caller=T213; panic+0x118/0x2ed\n", 0, 0 },
	{ "4,508,100000700,-,caller=T213; sysrq_handle_crash+0x16/0x20\n", 0, 0 },
	{ "4,509,100000800,-,caller=T213; __handle_sysrq.cold+0x7d/0x14d\n", 0, 0 },
	{ "4,510,100000900,-,caller=T213; </TASK>\n", 0, 0 },
	{ NULL, 10100, 0 },
};

/* A CPU that says its last words slowly, as under emulation: the block is one, however long it takes. */
static void slow_crash(void **state)
{
	struct address from = { .port = 6665 };
	usec_t now = 1000000;
	struct source s;
	struct heard h;

	(void)state;
	heard_init(&h);
	source_init(&s, &from, now);
	for (size_t i = 0; i < ARRAY_SIZE(panic) - 1; i++) {
		for (unsigned second = 0; second < 8; second++) {
			now += USEC_PER_SEC;
			source_expire(&s, &h.shared, now, now);
		}
		source_put(&s, &h.shared, panic[i].datagram, strlen(panic[i].datagram), now, now);
		assert_int_equal(s.crash_count, 0);
	}
	source_expire(&s, &h.shared, now + CRASHES_WAIT, now);
	assert_int_equal(s.crash_count, 1);
	assert_non_null(
		strstr(heard_take(&h), "crash: panic kernel panic: sysrq triggered crash\n"));
	source_expire(&s, &h.shared, now + CRASHES_WAIT + CRASHES_KEEP, now);
	assert_int_equal(source_deadline(&s), UINT64_MAX);

	/* Who goes on talking does not hold the memory for ever. */
	source_put(&s, &h.shared, panic[1].datagram, strlen(panic[1].datagram), now, now);
	for (unsigned i = 0; i < 600 && h.shared.crashes.used; i++) {
		now += USEC_PER_SEC;
		source_put(&s, &h.shared, "a word\n", 7, now, now);
		source_expire(&s, &h.shared, now, now);
	}
	assert_int_equal(h.shared.crashes.used, 0);
	source_done(&s, &h.shared);
	heard_done(&h);
}

static void crash(void **state)
{
	struct heard h;
	const char *all;

	(void)state;
	heard_init(&h);
	{
		struct source s;
		struct address from = { .port = 6665 };
		usec_t now = 1000000;

		source_init(&s, &from, now);
		for (size_t i = 0; i < ARRAY_SIZE(panic); i++) {
			now += panic[i].ms * USEC_PER_MSEC;
			if (panic[i].datagram)
				source_put(&s, &h.shared, panic[i].datagram,
					   strlen(panic[i].datagram), now, now);
			else
				source_expire(&s, &h.shared, now, now);
		}
		all = heard_take(&h);
		assert_non_null(strstr(all, "crash: panic kernel panic: sysrq triggered crash\n"));
		assert_int_equal(s.crash_count, 1);
		/* what a crash took is given back after a while */
		assert_true(source_deadline(&s) < UINT64_MAX);
		source_expire(&s, &h.shared, now + CRASHES_KEEP, now);
		assert_int_equal(source_deadline(&s), UINT64_MAX);
		source_done(&s, &h.shared);
	}
	heard_done(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(basic),      cmocka_unit_test(extended),
		cmocka_unit_test(names),      cmocka_unit_test(crash),
		cmocka_unit_test(slow_crash), cmocka_unit_test(names_of_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
