/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/source.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../test.h"
#include "base/io.h"

#define SIZE MIB(160)

/* AddressSanitizer ends the program where it cannot have address space. */
#ifdef __has_feature
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

/* A sparse file whose page n starts with the number n. */
static int numbered_file(void)
{
	int fd = memfd_create("source", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)SIZE), 0);
	for (uint64_t at = 0; at < SIZE; at += 64 * 4096)
		assert_int_equal(pwrite_all(fd, &at, sizeof(at), at), 0);
	return fd;
}

static uint64_t address_space(void)
{
	unsigned long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%llu", &pages), 1);
	fclose(f);
	return pages * 4096;
}

static void lent_is_right(struct source *s, struct source_window *w, uint64_t offset, size_t want)
{
	const void *p;
	size_t n = source_lend(s, w, offset, want, &p);
	uint64_t number;

	if (n < sizeof(number)) {
		assert_int_equal(source_read(s, &number, sizeof(number), offset), 0);
		assert_int_equal(number, offset);
		return;
	}
	assert_true(n <= want);
	memcpy(&number, p, sizeof(number));
	assert_int_equal(number, offset);
}

/* In order, and here and there. */
static void walk(struct source *s)
{
	struct source_window w = { 0 };
	uint64_t at = 0, x = 1;

	while (at < SIZE) {
		const void *p;
		size_t n = source_lend(s, &w, at, SIZE, &p);

		assert_true(n > 0 && n <= SIZE - at);
		for (uint64_t i = 0; i < n; i++) {
			if ((at + i) % (64 * 4096) == 0 && n - i >= 8) {
				uint64_t number;

				memcpy(&number, (const uint8_t *)p + i, sizeof(number));
				assert_int_equal(number, at + i);
			}
			i += 4095 - (at + i) % 4096;
		}
		at += n;
	}
	/* a little after much: the window goes on, what is lent does not grow */
	lent_is_right(s, &w, 0, MIB(1));
	lent_is_right(s, &w, MIB(1), 4096);
	for (unsigned i = 0; i < 200; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		lent_is_right(s, &w, (x >> 33) % (SIZE / 4096 / 64) * 4096 * 64,
			      i % 2 ? 4096 : MIB(3));
	}
	source_window_done(&w);
}

/* With so much address space left that the file cannot be mapped whole, or no window of it. */
static void walk_with(uint64_t left)
{
	struct rlimit old, limit;
	struct source *s;
	struct error e;
	int fd, r;

	if (left && SANITIZED)
		skip();
	fd = numbered_file();
	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	limit = old;
	limit.rlim_cur = address_space() + left;
	if (left)
		assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	r = source_file_new(fd, &s, &e);
	if (r == 0)
		walk(s);
	assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
	assert_int_equal(r, 0);
	assert_int_equal(s->size, SIZE);
	source_close(s);
}

static void test_mapped_whole(void **state)
{
	walk_with(0);
}

static void test_through_windows(void **state)
{
	walk_with(MIB(100));
}

static void test_through_a_buffer(void **state)
{
	walk_with(MIB(10));
}

static void test_past_the_end(void **state)
{
	struct source_window w = { 0 };
	struct source *s;
	struct error e;
	const void *p;
	char c[2];

	assert_int_equal(source_file_new(numbered_file(), &s, &e), 0);
	assert_int_equal(source_lend(s, &w, SIZE, 1, &p), 0);
	assert_int_equal(source_lend(s, &w, SIZE - 1, 100, &p), 1);
	assert_int_equal(source_read(s, c, 2, SIZE - 1), -ENODATA);
	assert_int_equal(source_read(s, c, 1, UINT64_MAX), -ENODATA);
	assert_int_equal(source_read(s, c, 1, SIZE - 1), 0);
	source_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapped_whole),
		cmocka_unit_test(test_through_windows),
		cmocka_unit_test(test_through_a_buffer),
		cmocka_unit_test(test_past_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
