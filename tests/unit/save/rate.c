/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/rate.h"

#include <string.h>
#include <sys/mman.h>

#include "../dumpfile/expect.h"
#include "../test.h"
#include "base/io.h"

#define PAGES "elf\npages 1 6000 text\npages 6100 900 noise\npages 7100 300 zero\n"

static const struct rate made_up = {
	.rungs = {
		{ .level = 1, .page_seconds = 3e-6, .page_bytes = 1300 },
		{ .level = 2, .page_seconds = 7e-6, .page_bytes = 950 },
		{ .level = 3, .page_seconds = 12e-6, .page_bytes = 850 },
		{ .level = 4, .page_seconds = 12.1e-6, .page_bytes = 800 },
		{ .level = 5, .page_seconds = 200e-6, .page_bytes = 799 },
	},
	.count = 5,
};

static void test_choice(void **state)
{
	static const struct {
		uint64_t bytes_per_second;
		unsigned threads;
		int level;
	} cases[] = {
		{ UINT64_MAX, 1, 1 }, { 1000000000, 1, 1 }, /* the CPU is the limit */
		{ 150000000, 1, 1 },  { 150000000, 2, 2 },  /* one writes, the other compresses */
		{ 90000000, 1, 2 },   { 20000000, 1, 4 },   /* as long, and smaller */
		{ 2000000, 1, 4 },			    /* 200 us of CPU for one byte */
		{ 1000000, 8, 4 },			    /* a thousandth smaller is the same */
		{ 1, 1, 4 },	      { 0, 1, 4 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(
			rate_choose(&made_up, cases[i].bytes_per_second, cases[i].threads)->level,
			cases[i].level);
}

static usec_t clock_value, clock_step;

static usec_t fake_now(void)
{
	return clock_value += clock_step;
}

struct file_sink {
	struct sink sink;
	int fd;
};

static int file_write_at(struct sink *s, const void *data, size_t len, uint64_t offset,
			 struct error *e)
{
	return pwrite_all(((struct file_sink *)s)->fd, data, len, offset);
}

static const struct sink_ops file_ops = { .write_at = file_write_at };

/* Each of our writes takes step microseconds. */
static void save_at(usec_t step, const struct save_rate *rate, unsigned threads,
		    struct save_result *ret)
{
	struct mkdump *from = mkdump(PAGES);
	_cleanup_close_ int fd = memfd_create("saved", MFD_CLOEXEC);
	struct file_sink s = { { .ops = &file_ops, .name = "file", .seekable = true }, fd };
	struct save_options o = {
		.level = 1, .codec = CODEC_ZSTD, .threads = threads, .rate = *rate
	};
	_cleanup_(dumpfile_closep) struct dumpfile *d = expect_open(from);
	struct mkdump copy = *from;

	clock_step = step;
	assert_int_equal(save_dump(d, NULL, &o, &s.sink, ret, NULL), 0);
	copy.fd = fd;
	expect_whole(&copy);
	mkdump_free(from);
}

/* The codec changes under way; readers see all pages. */
static void test_measured(void **state)
{
	const struct save_rate rate = { .wanted = true, .any_codec = true, .now = fake_now };
	struct save_result res;

	for (unsigned threads = 1; threads <= 3; threads++) {
		save_at(60 * USEC_PER_SEC, &rate, threads, &res);
		assert_int_equal(res.codec, CODEC_ZSTD);
		assert_in_range(res.bytes_per_second, 1, 100000);
		save_at(0, &rate, threads, &res);
		assert_int_equal(res.codec, CODEC_LZO);
		assert_in_range(res.bytes_per_second, 1000000000, UINT64_MAX);
	}
}

static void test_given(void **state)
{
	struct save_rate rate = { .wanted = true, .any_codec = true, .bytes_per_second = 1000 };
	struct save_result res;

	save_at(0, &rate, 1, &res);
	assert_int_equal(res.codec, CODEC_ZSTD);
	assert_int_equal(res.bytes_per_second, 1000);
	rate.bytes_per_second = UINT64_MAX / 2;
	save_at(0, &rate, 1, &res);
	assert_int_equal(res.codec, CODEC_LZO);
	/* One codec alone: its levels. */
	rate.any_codec = false;
	save_at(0, &rate, 1, &res);
	assert_int_equal(res.codec, CODEC_ZSTD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
