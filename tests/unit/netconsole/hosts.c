/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of sources: bounded, fair, and nothing that was said is forgotten. */
#include "../test.h"

#include <string.h>

#include "heard.h"
#include "netconsole/hosts.h"

static struct address host(uint32_t n)
{
	struct address a = { .port = 6665 };

	a.ip.s6_addr[0] = 0xfd;
	memcpy(&a.ip.s6_addr[8], &n, sizeof(n));
	return a;
}

static void put(struct hosts *h, uint32_t n, const char *datagram, usec_t now)
{
	struct address from = host(n);

	assert_int_equal(hosts_put(h, &from, datagram, strlen(datagram), now, now), 0);
}

static bool find(void *user, const struct source *s, bool regular)
{
	struct address **wanted = user;

	if (regular && address_equal(&s->from, *wanted))
		*wanted = NULL;
	return *wanted != NULL;
}

static bool is_regular(const struct hosts *h, uint32_t n)
{
	struct address a = host(n), *wanted = &a;

	hosts_each(h, find, &wanted);
	return !wanted;
}

/* Two talkers, then a hundred thousand made-up addresses. */
static void flood(void **state)
{
	struct heard heard;
	struct hosts h;

	(void)state;
	heard_init(&heard);
	assert_int_equal(hosts_init(&h, &heard.shared, 64, 0), 0);
	for (usec_t now = 0; now <= 3 * USEC_PER_SEC; now += USEC_PER_SEC) {
		put(&h, 1, "one\n", now);
		put(&h, 2, "two\n", now);
	}
	assert_true(is_regular(&h, 1) && is_regular(&h, 2));
	for (uint32_t n = 100; n < 100100; n++) {
		put(&h, n, "x\n", 4 * USEC_PER_SEC);
		heard_take(&heard);
	}
	assert_true(is_regular(&h, 1) && is_regular(&h, 2));
	assert_int_equal(hosts_count(&h), 64);
	assert_int_equal(heard.shared.counters.n[COUNT_SOURCES_EVICTED_REGULAR], 0);
	assert_int_equal(heard.shared.counters.n[COUNT_SOURCES_EVICTED], 100000 + 2 - 64);
	hosts_done(&h);
	heard_done(&heard);
}

/* Regulars alone: the one that was silent longest goes, and a new one has its place. */
static void crowd(void **state)
{
	struct heard heard;
	struct hosts h;

	(void)state;
	heard_init(&heard);
	assert_int_equal(hosts_init(&h, &heard.shared, 16, 0), 0);
	for (usec_t now = 0; now <= 3 * USEC_PER_SEC; now += 3 * USEC_PER_SEC)
		for (uint32_t n = 0; n < 16; n++)
			put(&h, n, "x\n", now + n);
	put(&h, 100, "new\n", 4 * USEC_PER_SEC);
	assert_false(is_regular(&h, 0));
	assert_true(is_regular(&h, 1));
	assert_int_equal(hosts_count(&h), 16);
	hosts_done(&h);
	heard_done(&heard);
}

/* What waits of a source that goes is told first. */
static void waiting(void **state)
{
	struct heard heard;
	struct hosts h;

	(void)state;
	heard_init(&heard);
	assert_int_equal(hosts_init(&h, &heard.shared, 16, 0), 0);
	put(&h, 1, "half a line", 0);
	for (uint32_t n = 100; n < 116; n++)
		put(&h, n, "x\n", 1);
	assert_non_null(strstr(heard_take(&heard), "text cut: half a line\n"));
	hosts_done(&h);
	heard_done(&heard);
}

static void deadlines(void **state)
{
	struct heard heard;
	struct hosts h;

	(void)state;
	heard_init(&heard);
	assert_int_equal(hosts_init(&h, &heard.shared, 16, 1000), 0);
	assert_int_equal(hosts_deadline(&h), UINT64_MAX);
	put(&h, 1, "half a line", 1000);
	assert_in_range(hosts_deadline(&h), 1000 + LINES_WAIT, 1000 + LINES_WAIT + 2 * WHEEL_TICK);
	hosts_expire(&h, 1000 + LINES_WAIT - WHEEL_TICK, 0);
	assert_string_equal(heard_take(&heard), "");
	hosts_expire(&h, hosts_deadline(&h), 0);
	assert_string_equal(heard_take(&heard), "text cut: half a line\n");
	assert_int_equal(hosts_deadline(&h), UINT64_MAX);
	/* long silence turns the wheel many times */
	put(&h, 1, "more", 3600 * USEC_PER_SEC);
	hosts_expire(&h, 7200 * USEC_PER_SEC, 0);
	assert_string_equal(heard_take(&heard), "text cut: more\n");
	hosts_done(&h);
	heard_done(&heard);
}

static void put_from(struct hosts *h, uint16_t port, const char *datagram)
{
	struct address from = host(1);

	from.port = port;
	assert_int_equal(hosts_put(h, &from, datagram, strlen(datagram), 1, 1), 0);
}

/* An address translation gave the capture kernel another port: what came is not taken twice, and nobody else's words are mixed in. */
static void another_port(void **state)
{
	struct heard heard;
	struct hosts h;

	(void)state;
	heard_init(&heard);
	assert_int_equal(hosts_init(&h, &heard.shared, 64, 0), 0);
	put_from(&h, 6665, "6.1,6,1,1,-;a\n");
	put_from(&h, 6665, "6.1,6,2,2,-;b\n");
	/* of another kernel, and no announcement at all: new senders */
	put_from(&h, 7001, "5.10,6,0,9,-;x\n lastword=capture\n run=r\n stage=start\n");
	assert_int_equal(hosts_count(&h), 2);
	hosts_done(&h);
	heard_take(&heard);

	assert_int_equal(hosts_init(&h, &heard.shared, 64, 0), 0);
	put_from(&h, 6665, "6.1,6,1,1,-;a\n");
	put_from(&h, 6665, "6.1,6,2,2,-;b\n");
	put_from(&h, 7000, "6.1,6,0,9,-;x\n lastword=capture\n run=r\n stage=start\n");
	put_from(&h, 7000, "6.1,6,2,2,-;b\n boot=b\n lastword=resent\n");
	put_from(&h, 7000, "6.1,6,3,3,-,ncfrag=0/24;c\n lastwo");
	put_from(&h, 7000, "6.1,6,3,3,-,ncfrag=9/24;rd=resent\n xy=\n");
	assert_int_equal(hosts_count(&h), 1);
	assert_string_equal(heard_take(&heard),
			    "text 1: a\ntext 2: b\ncapture\ntext 3 resent: c\n");
	put_from(&h, 7002, "6,9,9,-;z\n");
	assert_int_equal(hosts_count(&h), 2);
	hosts_done(&h);
	heard_done(&heard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flood),   cmocka_unit_test(another_port), cmocka_unit_test(crowd),
		cmocka_unit_test(waiting), cmocka_unit_test(deadlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
