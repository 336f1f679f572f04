/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel that dies, and a capture kernel that sends its last records again and tells of the dump. */
#include "../test.h"

#include <string.h>

#include "heard.h"
#include "netconsole/encode.h"
#include "netconsole/text.h"

#define BOOT " host=web1\n boot=b1\n"
#define AGAIN BOOT " lastword=resent\n"

static const struct {
	unsigned seq;
	const char *text;
} words[] = {
	{ 500, "sysrq: Trigger a crash" },
	{ 501, "Kernel panic - not syncing: sysrq triggered crash" },
	{ 502, "CPU: 1 PID: 213 Comm: bash Not tainted 6.1.0-50-amd64 #1  Debian 6.1.176-1" },
	{ 503, "Call Trace:" },
	{ 504, " <TASK>" },
	{ 505, " dump_stack_lvl+0x34/0x45" },
	{ 506, " panic+0x118/0x2ed" },
	{ 507, " sysrq_handle_crash+0x16/0x20" },
	{ 508, " __handle_sysrq.cold+0x7d/0x14d" },
	{ 509, " </TASK>" },
};

struct machine {
	struct heard h;
	struct source s;
	usec_t now;
	const char *fields; /* what all records carry */
};

static int take(void *user, const char *datagram, size_t len)
{
	struct machine *m = user;

	source_put(&m->s, &m->h.shared, datagram, len, m->now, m->now);
	return 0;
}

static void begin(struct machine *m, const char *fields)
{
	const struct address from = { .port = 6665 };

	*m = (struct machine){ .now = 1000000, .fields = fields };
	heard_init(&m->h);
	source_init(&m->s, &from, m->now);
}

static void end(struct machine *m)
{
	source_done(&m->s, &m->h.shared);
	heard_done(&m->h);
}

static void wait_ms(struct machine *m, unsigned ms)
{
	m->now += ms * USEC_PER_MSEC;
	source_expire(&m->s, &m->h.shared, m->now, m->now);
}

static void say(struct machine *m, size_t first, size_t last, const char *fields)
{
	for (size_t i = first; i <= last; i++) {
		const struct encode_record r = {
			.seq = words[i].seq,
			.time_us = 100000000 + words[i].seq * 100,
			.priority = 4,
			.caller = "T213",
			.text = words[i].text,
			.len = strlen(words[i].text),
			.subsystem = "",
			.device = "",
		};

		assert_int_equal(encode_record(&r, "6.1.0-50-amd64", fields, take, m), 0);
	}
}

static void take_text(struct machine *m, const char *datagram)
{
	take(m, datagram, strlen(datagram));
}

static void tell(struct machine *m, unsigned seq, const char *stage, const char *text)
{
	char datagram[400];

	snprintf(datagram, sizeof(datagram),
		 "6,%u,3000000,-;%s\n" BOOT " lastword=capture\n run=c1\n stage=%s\n", seq, text,
		 stage);
	take_text(m, datagram);
	take_text(m, datagram);
}

static size_t count(const char *all, const char *what)
{
	size_t n = 0;

	while ((all = strstr(all, what))) {
		n++;
		all += strlen(what);
	}
	return n;
}

#define LAST (ARRAY_SIZE(words) - 1)
#define CRASH "crash: panic kernel panic: sysrq triggered crash\n"

/* Everything came: nothing comes twice, and the crash is told once. */
static void all_came(void **state)
{
	static const char *const fields[] = { "", BOOT };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		struct machine m;
		const char *all;

		begin(&m, fields[i]);
		say(&m, 0, LAST, fields[i]);
		wait_ms(&m, 2000);
		say(&m, 0, LAST, AGAIN);
		tell(&m, 0, "words", "10 records sent again");
		all = heard_take(&m.h);
		assert_int_equal(count(all, "text "), ARRAY_SIZE(words));
		assert_null(strstr(all, "resent"));
		assert_null(strstr(all, "reboot"));
		assert_int_equal(count(all, CRASH), 1);
		assert_int_equal(count(all, "capture\n"), 1);
		assert_string_equal(m.s.boot, "b1");
		end(&m);
	}
}

/* As on 7.2: nothing came after the trigger. */
static void none_came(void **state)
{
	struct machine m;
	const char *all;

	(void)state;
	begin(&m, "");
	say(&m, 0, 0, BOOT);
	wait_ms(&m, 2000);
	say(&m, 0, LAST, AGAIN);
	assert_int_equal(m.s.crash_count, 0);
	say(&m, 0, LAST, AGAIN);
	wait_ms(&m, 3000);
	all = heard_take(&m.h);
	assert_int_equal(count(all, "text "), ARRAY_SIZE(words));
	assert_int_equal(count(all, " resent"), LAST);
	assert_int_equal(count(all, CRASH), 1);
	assert_int_equal(m.h.shared.counters.n[COUNT_RESENT], LAST);
	end(&m);
}

/* The middle was lost, and with it what the crash is called: it is told once, as it is in what was sent again. */
static void middle_lost(void **state)
{
	struct machine m;
	const char *all;

	(void)state;
	begin(&m, "");
	say(&m, 0, 0, BOOT);
	say(&m, 2, 4, BOOT);
	say(&m, 8, LAST, BOOT);
	wait_ms(&m, 2000);
	say(&m, 0, LAST, AGAIN);
	tell(&m, 0, "words", "");
	all = heard_take(&m.h);
	assert_int_equal(count(all, "text "), ARRAY_SIZE(words));
	assert_int_equal(count(all, "late resent"), 4);
	assert_int_equal(count(all, "crash: "), 1);
	assert_int_equal(count(all, CRASH), 1);
	end(&m);
}

/* Numbers and times of another boot, of which this receiver knows no name: it is a new kernel, and nothing of it is missed. */
static void other_boot(void **state)
{
	struct machine m;
	char datagram[100];
	const char *all;

	(void)state;
	begin(&m, "");
	for (unsigned i = 400; i < 600; i++) {
		snprintf(datagram, sizeof(datagram), "6,%u,%u,-;old\n", i, 900000000 + i);
		take(&m, datagram, strlen(datagram));
	}
	say(&m, 0, LAST, AGAIN);
	tell(&m, 0, "words", "");
	all = heard_take(&m.h);
	assert_int_equal(count(all, "reboot"), 1);
	assert_int_equal(count(all, " resent"), ARRAY_SIZE(words));
	assert_int_equal(count(all, CRASH), 1);
	end(&m);
}

/* The next boot has spoken already: what is still under way is not taken for a boot. */
static void too_late(void **state)
{
	struct machine m;
	const char *all;

	(void)state;
	begin(&m, "");
	say(&m, 0, LAST, BOOT);
	take_text(&m, "6,1,100,-;new\n boot=b2\n");
	say(&m, 0, LAST, AGAIN);
	take_text(&m, "6,2,200,-;new\n boot=b2\n");
	all = heard_take(&m.h);
	assert_int_equal(count(all, "reboot"), 1);
	assert_int_equal(count(all, "text "), ARRAY_SIZE(words) + 2);
	end(&m);
}

/* Stages that are none of ours, and those of a task's name, are records like any other. */
static void forged(void **state)
{
	struct machine m;

	(void)state;
	begin(&m, "");
	take_text(&m, "6,1,1,-;a\n lastword=capture\n run=x\n stage=won\n");
	take_text(&m, "6,2,2,-;b\n taskname=x\n lastword=capture\n run=x\n stage=saved\n");
	take_text(&m, "6,3,3,-;-- lastword: capture saved: c\n");
	assert_string_equal(heard_take(&m.h), "text 1: a\ntext 2: b\n"
					      "text 3: -- lastword: capture saved: c\n");
	end(&m);
}

static int collect(void *user, const char *datagram, size_t len)
{
	struct machine *m = user;

	assert_true(len <= ENCODE_DATAGRAM);
	return take(m, datagram, len);
}

/* Any length of text, and any byte, comes out as it was: cut by us, put together by the receiver. */
static void cut(void **state)
{
	char text[2048];
	uint64_t seq = 0;
	struct machine m;

	(void)state;
	begin(&m, "");
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)(i % 2 ? 'a' + i % 26 : 1 + i % 255);
	for (size_t len = 0; len < 2000; len += 7) {
		const struct encode_record r = {
			.seq = seq++,
			.time_us = len,
			.caller = "C0",
			.text = text,
			.len = len,
			.subsystem = "pci",
			.device = "+pci:0000:00:03.0",
			.continued = len % 2,
		};
		char wanted[sizeof(text) + 1] = "";

		memcpy(wanted, text, len);
		assert_int_equal(encode_record(&r, "6.1", BOOT, collect, &m), 0);
		assert_memory_equal(strchr(heard_take(&m.h), ':') + 2, wanted, len);
	}
	assert_int_equal(m.h.shared.counters.n[COUNT_RECORDS], 286);
	assert_int_equal(m.h.shared.counters.n[COUNT_HOLES], 0);
	assert_int_equal(m.h.shared.counters.n[COUNT_BASIC], 0);
	assert_string_equal(m.s.boot, "b1");
	end(&m);
}

static void fields(void **state)
{
	_cleanup_buf_ struct buf b = { 0 };

	(void)state;
	assert_int_equal(encode_field(&b, "host", "web1\n evil=1\xff"), 0);
	assert_int_equal(encode_field(&b, "boot", ""), 0);
	assert_string_equal(b.data, " host=web1_ evil=1_\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_came),    cmocka_unit_test(none_came),
		cmocka_unit_test(middle_lost), cmocka_unit_test(other_boot),
		cmocka_unit_test(too_late),    cmocka_unit_test(forged),
		cmocka_unit_test(cut),	       cmocka_unit_test(fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
