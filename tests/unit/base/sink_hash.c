/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/sink_hash.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../test.h"

#define TABLE 100
#define PIECE 5000
#define PIECES 64

static struct sink *open_sink(int *ret_fd)
{
	struct error e = { 0 };
	struct sink *s;
	int fd = memfd_create("test", MFD_CLOEXEC);

	*ret_fd = dup(fd);
	assert_int_equal(sink_fd_new(fd, "test", &s, &e), 0);
	assert_int_equal(sink_hash_new(s, &s, &e), 0);
	return s;
}

static void test_stream(void **state)
{
	struct sink_hash_sum sum;
	char hex[SINK_HASH_HEX];
	int fd;
	struct sink *s = open_sink(&fd);

	sink_hash_sum(s, &sum);
	assert_int_equal(sum.bytes, 0);
	assert_int_equal(sink_append(s, "a", 1, NULL), 0);
	assert_int_equal(sink_append(s, "bc", 2, NULL), 0);
	sink_hash_sum(s, &sum);
	assert_int_equal(sum.offset, 0);
	assert_int_equal(sum.bytes, 3);
	/* FIPS 180-2 */
	assert_string_equal(sum.hex, "ba7816bf8f01cfea414140de5dae2223"
				     "b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(file_hash(fd, 0, 3, NULL, hex), 0);
	assert_string_equal(hex, sum.hex);
	assert_int_equal(file_hash(fd, 0, 4, NULL, hex), -ENODATA);
	assert_int_equal(sink_close(s, NULL), 0);
	close(fd);
}

/* Four threads that take the next piece and write it when they get to it. */
struct job {
	struct sink *sink;
	_Atomic uint64_t next;
};

static void *work(void *user)
{
	struct job *j = user;
	uint64_t n;

	while ((n = atomic_fetch_add(&j->next, 1)) < PIECES) {
		char piece[PIECE];

		memset(piece, (int)n, sizeof(piece));
		if (n % 3 == 0)
			usleep(100);
		if (sink_write_at(j->sink, piece, PIECE, TABLE + n * PIECE, NULL) < 0)
			return user;
	}
	return NULL;
}

static void test_behind_a_table(void **state)
{
	struct sink_hash_sum sum;
	char hex[SINK_HASH_HEX];
	pthread_t threads[4];
	void *failed;
	int fd;
	struct sink *s = open_sink(&fd);
	struct job job = { .sink = s };

	assert_int_equal(sink_write_at(s, "head", 4, 0, NULL), 0);
	sink_reserve(s, 10, TABLE - 10);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &job), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(sink_write_at(s, "table", 5, 20, NULL), 0);
	assert_int_equal(sink_write_at(s, "HEAD", 4, 0, NULL), 0);
	sink_hash_sum(s, &sum);
	assert_int_equal(sum.offset, TABLE);
	assert_int_equal(sum.bytes, PIECES * PIECE);
	assert_int_equal(file_hash(fd, TABLE, PIECES * PIECE, NULL, hex), 0);
	assert_string_equal(hex, sum.hex);

	/* written twice: there is no sum any more */
	assert_int_equal(sink_write_at(s, "x", 1, TABLE, NULL), 0);
	sink_hash_sum(s, &sum);
	assert_int_equal(sum.bytes, 0);

	assert_int_equal(sink_restart(s, NULL), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	sink_reserve(s, 0, 1);
	assert_int_equal(sink_write_at(s, "abc", 3, 1, NULL), 0);
	sink_hash_sum(s, &sum);
	assert_int_equal(sum.offset, 1);
	assert_int_equal(sum.bytes, 3);
	assert_int_equal(sink_close(s, NULL), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_behind_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
