/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What becomes of what comes, in large numbers: the rows of the table in docs/netconsole.md by the names that stand there. The
 * datagrams are made up; chance is the same at each run.
 */
#include "../test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heard.h"
#include "netconsole/hosts.h"
#include "netconsole/text.h"

#define ROOM 2048

struct sender {
	struct heard heard;
	struct source source;
	usec_t now;
};

static uint32_t chance(uint32_t below)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223; /* Numerical Recipes */
	return (uint32_t)((uint64_t)(state >> 8) * below >> 24);
}

static void begin(struct sender *s)
{
	const struct address from = { .port = 6665 };

	*s = (struct sender){ .now = 1 };
	heard_init(&s->heard);
	source_init(&s->source, &from, s->now);
}

static void put(struct sender *s, const char *datagram, size_t len)
{
	source_put(&s->source, &s->heard.shared, datagram, len, s->now, s->now);
}

/* Record `seq` of the sender's count `msgid`. */
static void put_record(struct sender *s, unsigned seq, unsigned msgid)
{
	char datagram[100];
	int len = sprintf(datagram, "6,%u,%u,-;word %u\n msgid=%u\n", seq, 1000 + seq, seq, msgid);

	put(s, datagram, (size_t)len);
}

static uint64_t count(const struct sender *s, enum counter c)
{
	return s->heard.shared.counters.n[c];
}

/* What was heard since; the sender is gone. */
static void end(struct sender *s, struct buf *ret)
{
	const char *all;

	source_expire(&s->source, &s->heard.shared, UINT64_MAX, s->now);
	all = heard_take(&s->heard);
	assert_int_equal(buf_append(ret, all, strlen(all)), 0);
	source_done(&s->source, &s->heard.shared);
	heard_done(&s->heard);
}

static void expect_end(struct sender *s, const struct buf *wanted)
{
	_cleanup_buf_ struct buf got = { 0 };

	end(s, &got);
	assert_string_equal(got.data, wanted->data);
}

static void want(struct buf *b, unsigned seq)
{
	assert_int_equal(buf_printf(b, "text %u: word %u\n", seq, seq), 0);
}

static void loss(void **state)
{
	_cleanup_buf_ struct buf wanted = { 0 };
	struct sender s;
	unsigned dropped = 0, all = 0;

	(void)state;
	begin(&s);
	for (unsigned i = 0; i < 5000; i++) {
		s.now += 10 * USEC_PER_MSEC;
		source_expire(&s.source, &s.heard.shared, s.now, s.now);
		if (i > 0 && i < 4999 && chance(5) == 0) {
			dropped++;
			continue;
		}
		all += dropped;
		if (dropped)
			assert_int_equal(buf_printf(&wanted, "lost: %u\n", dropped), 0);
		dropped = 0;
		want(&wanted, 3 * i);
		put_record(&s, 3 * i, i);
	}
	assert_true(all > 500);
	assert_int_equal(count(&s, COUNT_LATE), 0);
	source_expire(&s.source, &s.heard.shared, UINT64_MAX, s.now);
	assert_int_equal(count(&s, COUNT_LOST), all);
	expect_end(&s, &wanted);
}

static void reordered(void **state)
{
	unsigned order[3000];
	_cleanup_buf_ struct buf wanted = { 0 };
	struct sender s;

	(void)state;
	begin(&s);
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++)
		order[i] = i;
	/* the first says where it begins; each of the others may be up to some places off */
	for (unsigned i = 1; i + 8 < ARRAY_SIZE(order); i += 8)
		for (unsigned k = 7; k > 0; k--) {
			unsigned other = i + chance(k + 1), kept = order[i + k];

			order[i + k] = order[other];
			order[other] = kept;
		}
	for (unsigned i = 0; i < ARRAY_SIZE(order); i++) {
		want(&wanted, i);
		put_record(&s, order[i], order[i]);
	}
	assert_int_equal(count(&s, COUNT_LATE) + count(&s, COUNT_LOST), 0);
	expect_end(&s, &wanted);
}

static void duplicated(void **state)
{
	_cleanup_buf_ struct buf wanted = { 0 };
	struct sender s;

	(void)state;
	begin(&s);
	for (unsigned i = 0; i < 1000; i++) {
		want(&wanted, i);
		put_record(&s, i, i);
		put_record(&s, i, i);
		put_record(&s, i > 20 ? i - chance(20) : i, i);
	}
	assert_int_equal(count(&s, COUNT_DROPPED_DUPLICATE), 2000);
	expect_end(&s, &wanted);
}

static const char body[] = "caf\\xc3\\xa9 \\x5cx41 back\\\\slash \\xzz \\x0aline two \xc3\xa9\n"
			   " SUBSYSTEM=net\n DEVICE=n2\n host=web1\n boot=b1\n";
#define BODY_TEXT "caf\xc3\xa9 \\x41 back\\\\slash \\xzz \nline two \xc3\xa9"

static void put_piece(struct sender *s, unsigned seq, size_t from, size_t to)
{
	char datagram[400];
	int head = sprintf(datagram, "6,%u,9,-,ncfrag=%zu/%zu;", seq, from, sizeof(body) - 1);

	memcpy(datagram + head, body + from, to - from);
	put(s, datagram, (size_t)head + (to - from));
}

/* Wherever it is cut, in escapes, keys and letters, and in whichever order the pieces come. */
static void cut_anywhere(void **state)
{
	_cleanup_buf_ struct buf wanted = { 0 };
	struct sender s;
	unsigned seq = 0;

	(void)state;
	begin(&s);
	for (size_t cut = 1; cut < sizeof(body) - 1; cut++)
		for (size_t second = cut; second < sizeof(body) - 1; second += 7) {
			const size_t ends[] = { 0, cut, second, sizeof(body) - 1 };
			unsigned first = chance(3);

			for (unsigned i = 0; i < 3; i++) {
				unsigned k = (first + i) % 3;

				if (ends[k] < ends[k + 1])
					put_piece(&s, seq, ends[k], ends[k + 1]);
			}
			assert_int_equal(buf_printf(&wanted, "text %u: " BODY_TEXT "\n", seq), 0);
			seq++;
		}
	assert_int_equal(count(&s, COUNT_JOINED), seq);
	assert_int_equal(count(&s, COUNT_BASIC), 0);
	assert_string_equal(s.source.host, "web1");
	assert_string_equal(s.source.boot, "b1");
	expect_end(&s, &wanted);
}

/* Userdata comes before the task's name; what stands behind that, a task may have written. */
static void forged_dictionary(void **state)
{
	static const struct {
		const char *behind, *host, *release;
	} rows[] = {
		{ " host=web1\n taskname=sh\n", "web1", NULL },
		{ " host=web1\n taskname=x\n host=evil\n", "web1", NULL },
		{ " host=web1\n taskname=x\n taskname=y\n host=evil\n release=6.1\n", "web1",
		  "6.1" },
		{ " taskname=x\n host=evil\n", NULL, NULL },
		{ " taskname=x\n release=evil\n release=6.1\n", NULL, "6.1" },
		{ " host=web1\n taskname=x\n host=evil\n boot=evil\n msgid=9\n msgid=1\n", "web1",
		  NULL },
		/* the text is escaped: a newline in it begins no dictionary */
		{ "", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char datagram[300];
		struct sender s;
		_cleanup_buf_ struct buf all = { 0 };

		begin(&s);
		put(&s, datagram,
		    (size_t)sprintf(datagram, "6,1,9,-;\\x0a host=evil\n%s", rows[i].behind));
		assert_true(!rows[i].host == !s.source.host);
		if (rows[i].host)
			assert_string_equal(s.source.host, rows[i].host);
		if (rows[i].release)
			assert_string_equal(s.source.release, rows[i].release);
		assert_null(s.source.boot);
		end(&s, &all);
	}
}

static void put_large(struct sender *s, unsigned seq, size_t total)
{
	for (size_t at = 0; at < total; at += 960) {
		size_t len = MIN((size_t)960, total - at);
		char datagram[1100];
		int head = sprintf(datagram, "6,%u,9,-,ncfrag=%zu/%zu;", seq, at, total);

		memset(datagram + head, 'a' + (int)(at / 960 % 26), len);
		put(s, datagram, (size_t)head + len);
	}
}

static void large_total(void **state)
{
	_cleanup_buf_ struct buf all = { 0 };
	struct sender s;

	(void)state;
	begin(&s);
	put_large(&s, 1, KIB(64));
	put_large(&s, 2, WIRE_TOTAL_MAX);
	assert_int_equal(count(&s, COUNT_JOINED), 2);
	assert_int_equal(count(&s, COUNT_BASIC), 0);
	put_large(&s, 3, WIRE_TOTAL_MAX + 1);
	assert_int_equal(count(&s, COUNT_JOINED), 2);
	assert_int_equal(count(&s, COUNT_BASIC_PIECE), WIRE_TOTAL_MAX / 960 + 1);
	/* who claims much and sends little takes little */
	for (unsigned seq = 10; seq < 1000; seq++) {
		char datagram[64];

		put(&s, datagram, (size_t)sprintf(datagram, "6,%u,9,-,ncfrag=7/131072;x", seq));
		assert_true(s.heard.shared.waiting.used < KIB(8));
	}
	end(&s, &all);
}

static void nul(void **state)
{
	static const char record[] = "6,1,9,-,caller=T1;word\n KEY=value\n";
	_cleanup_buf_ struct buf all = { 0 };
	struct sender s;

	(void)state;
	begin(&s);
	for (size_t at = 0; at < sizeof(record) - 1; at++) {
		char datagram[sizeof(record)];

		memcpy(datagram, record, sizeof(record));
		datagram[at] = '\0';
		put(&s, datagram, sizeof(record) - 1);
	}
	assert_int_equal(count(&s, COUNT_BASIC_NUL), sizeof(record) - 1);
	assert_int_equal(count(&s, COUNT_EXTENDED), 0);
	end(&s, &all);
}

static void check_line(void *user, const struct record *r)
{
	struct buf *out = user;

	out->len = 0;
	assert_int_equal(text_put(out, r, true), 0);
	for (size_t i = 0; i < out->len; i++)
		assert_true(((unsigned char)out->data[i] >= ' ' && out->data[i] != 0x7f) ||
			    out->data[i] == '\n' || out->data[i] == '\t');
}

/* A datagram of chance: noise, a record with some bytes changed, or one that is cut. */
static size_t make_garbage(char datagram[ROOM])
{
	size_t len = 1 + chance(WIRE_DATAGRAM_MAX + 100), kind = chance(3);

	if (kind == 0) {
		for (size_t i = 0; i < len; i++)
			datagram[i] = (char)chance(256);
		return len;
	}
	len = (size_t)sprintf(datagram, "6,%u,%u,-,caller=T%u,ncfrag=%u/%u;%s", chance(100),
			      chance(1000000000), chance(100), chance(400), 1 + chance(600), body);
	for (unsigned n = chance(6); n > 0; n--)
		datagram[chance((uint32_t)len)] = (char)chance(256);
	return kind == 1 ? len : 1 + chance((uint32_t)len);
}

static void garbage(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct source_shared shared = { .emit = check_line, .user = &out };
	const struct address from = { .port = 1 };
	struct hosts h;

	(void)state;
	assert_int_equal(source_shared_init(&shared), 0);
	assert_int_equal(hosts_init(&h, &shared, 16, 0), 0);
	for (unsigned i = 0; i < 20000; i++) {
		char datagram[ROOM];
		size_t len = make_garbage(datagram);

		assert_int_equal(hosts_put(&h, &from, datagram, len, i * USEC_PER_MSEC, i), 0);
		hosts_expire(&h, i * USEC_PER_MSEC, i);
	}
	hosts_expire(&h, UINT64_MAX, 0);
	assert_int_equal(shared.counters.n[COUNT_EXTENDED] + shared.counters.n[COUNT_BASIC], 20000);
	assert_int_equal(shared.counters.n[COUNT_DROPPED_MEMORY], 0);
	hosts_done(&h);
	assert_int_equal(shared.waiting.used + shared.crashes.used, 0);
	source_shared_done(&shared);
}

/* Order and loss are the sender's to say: the receiver's own clock may be set to anything. */
static void clock_back(void **state)
{
	_cleanup_buf_ struct buf wanted = { 0 };
	struct sender s;

	(void)state;
	begin(&s);
	for (unsigned i = 0; i < 100; i++) {
		char datagram[100];
		uint64_t wall = UINT64_C(1763735401000000) - i * 86400 * USEC_PER_SEC * (i % 7);
		int len = sprintf(datagram, "6,%u,%u,-;word %u\n", i, 1000 + i, i);

		want(&wanted, i);
		source_put(&s.source, &s.heard.shared, datagram, (size_t)len, s.now, wall);
	}
	assert_int_equal(s.source.reboots, 0);
	expect_end(&s, &wanted);
}

/* Four hundred machines die at once, a line of each in turn: each death is recognised. */
static void storm(void **state)
{
	static const char *const words[] = {
		"sysrq: Trigger a crash",
		"Kernel panic - not syncing: sysrq triggered crash",
		"CPU: 0 PID: 213 Comm: bash Not tainted 6.1.0-50-amd64 #1  Debian 6.1.176-1",
		"Call Trace:",
		" <TASK>",
		" dump_stack_lvl+0x34/0x45",
		" panic+0x118/0x2ed",
		" sysrq_handle_crash+0x16/0x20",
		" </TASK>",
		"---[ end Kernel panic - not syncing: sysrq triggered crash ]---",
	};
	struct heard heard;
	struct hosts h;

	(void)state;
	heard_init(&heard);
	assert_int_equal(hosts_init(&h, &heard.shared, 1000, 0), 0);
	for (unsigned line = 0; line < ARRAY_SIZE(words); line++)
		for (uint16_t host = 1; host <= 400; host++) {
			const struct address from = { .port = host };
			char datagram[200];
			int len = sprintf(datagram, "4,%u,%u,-;%s\n", line, line, words[line]);

			assert_int_equal(hosts_put(&h, &from, datagram, (size_t)len, line, line),
					 0);
		}
	hosts_expire(&h, UINT64_MAX, 0);
	assert_int_equal(heard.shared.counters.n[COUNT_CRASHES], 400);
	assert_int_equal(heard.shared.counters.n[COUNT_CRASHES_UNREAD], 0);
	heard_take(&heard);
	hosts_done(&h);
	heard_done(&heard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loss),	       cmocka_unit_test(reordered),
		cmocka_unit_test(duplicated),  cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(large_total), cmocka_unit_test(forged_dictionary),
		cmocka_unit_test(nul),	       cmocka_unit_test(garbage),
		cmocka_unit_test(clock_back),  cmocka_unit_test(storm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
