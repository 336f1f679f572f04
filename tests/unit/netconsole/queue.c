/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netconsole/queue.h"

/* Takes `room` bytes, then no more. */
struct sieve {
	char got[4096];
	size_t len, room;
};

static ssize_t take(void *user, const char *bytes, size_t len)
{
	struct sieve *s = user;

	len = len < s->room ? len : s->room;
	if (len == 0) {
		errno = EAGAIN;
		return -1;
	}
	memcpy(s->got + s->len, bytes, len);
	s->len += len;
	s->room -= len;
	return (ssize_t)len;
}

static void order(void **state)
{
	struct queue q = { 0 };
	struct sieve s = { .room = 5 };

	(void)state;
	assert_true(queue_put(&q, "abc", 3));
	assert_true(queue_put(&q, "defg", 4));
	assert_int_equal(queue_flush(&q, take, &s), 1);
	s.room = 100;
	assert_int_equal(queue_flush(&q, take, &s), 0);
	assert_int_equal(s.len, 7);
	assert_memory_equal(s.got, "abcdefg", 7);
	assert_int_equal(queue_waiting(&q), 0);
	queue_done(&q);
}

/* A message that a broken connection took half of goes whole to the next. */
static void again(void **state)
{
	struct queue q = { 0 };
	struct sieve s = { .room = 5 };

	(void)state;
	assert_true(queue_put(&q, "abc", 3));
	assert_true(queue_put(&q, "defg", 4));
	assert_int_equal(queue_flush(&q, take, &s), 1);
	queue_again(&q);
	s.room = 100;
	assert_int_equal(queue_flush(&q, take, &s), 0);
	assert_memory_equal(s.got, "abcdedefg", 9);
	queue_done(&q);
}

static void bounds(void **state)
{
	struct queue q = { .limit = 100 };
	char message[50] = "";
	unsigned put = 0;

	(void)state;
	assert_false(queue_put(&q, message, 97));
	while (queue_put(&q, message, 6))
		put++;
	assert_int_equal(put, 10);
	queue_pop(&q);
	assert_true(queue_put(&q, message, 6));
	assert_false(queue_put(&q, message, 6));
	queue_done(&q);
}

/* Long in use, it moves what waits and does not grow. */
static void moves(void **state)
{
	struct queue q = { 0 };
	char message[64];
	unsigned first = 0;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		size_t len;
		int n = sprintf(message, "message %u", i);

		assert_true(queue_put(&q, message, (size_t)n));
		if (i < 100)
			continue;
		n = sprintf(message, "message %u", first++);
		assert_memory_equal(queue_first(&q, &len), message, (size_t)n);
		assert_int_equal(len, n);
		queue_pop(&q);
	}
	assert_true(q.size <= 32768);
	queue_done(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(again),
		cmocka_unit_test(bounds),
		cmocka_unit_test(moves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
