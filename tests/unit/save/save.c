/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/save.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../dumpfile/expect.h"
#include "../test.h"
#include "base/io.h"

/* More pages than one unit of the pipeline, in runs that end in its middle; memory at both ends of a bitmap's block. */
#define PAGES                                                                                      \
	"pages 1 700 text\npages 701 9 excluded\npages 750 400 noise\npages 1600 300 zero\n"       \
	"pages 2100 40 text\npages 8000 3 zero\n"

/* Of this process, seen while something was written. */
static unsigned threads_seen;

static void count_threads(void)
{
	DIR *d = opendir("/proc/self/task");
	struct dirent *entry;
	unsigned n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		n += entry->d_name[0] != '.';
	closedir(d);
	threads_seen = MAX(threads_seen, n);
}

/* A sink into a memfd that takes so many bytes and no more. */
struct small_sink {
	struct sink sink;
	int fd;
	pthread_mutex_t lock;
	size_t room;
};

static int small_write_at(struct sink *s, const void *data, size_t len, uint64_t offset,
			  struct error *e)
{
	struct small_sink *m = (struct small_sink *)s;
	size_t fits;

	pthread_mutex_lock(&m->lock);
	count_threads();
	fits = MIN(len, m->room);
	m->room -= fits;
	pthread_mutex_unlock(&m->lock);
	assert_int_equal(pwrite_all(m->fd, data, fits, offset), 0);
	return fits == len ? 0 : error_errno(e, -ENOSPC, "small");
}

static const struct sink_ops small_ops = { .write_at = small_write_at };

static int save_to(struct mkdump *from, int fd, const struct save_options *o, size_t room,
		   struct save_result *ret)
{
	struct small_sink s = {
		.sink = { .ops = &small_ops, .name = "small", .seekable = true },
		.fd = fd,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.room = room,
	};
	struct dumpfile *d = expect_open(from);
	int r = save_dump(d, NULL, o, &s.sink, ret, NULL);

	dumpfile_close(d);
	return r;
}

/* What was written has the same pages in the same states as the source's description. */
static void expect_same(const struct mkdump *from, int fd)
{
	struct mkdump copy = *from;

	copy.fd = fd;
	expect_whole(&copy);
}

static void round_trip(const char *description, const struct save_options *o)
{
	struct mkdump *from = mkdump(description);
	_cleanup_close_ int fd = memfd_create("saved", MFD_CLOEXEC);
	struct save_result res;

	assert_int_equal(save_to(from, fd, o, SIZE_MAX, &res), 0);
	assert_false(res.incomplete);
	assert_int_equal(res.ram_pages, 1452);
	assert_int_equal(res.source_excluded_pages, 9);
	assert_int_equal(res.kept_pages, 1443);
	assert_int_equal(res.zero_pages, o->level & LEVEL_ZERO ? 303 : 0);
	assert_int_equal(res.lost_pages, 0);
	assert_non_null(strstr(res.warning, "all pages are kept"));
	expect_same(from, fd);
	mkdump_free(from);
}

static void test_codecs_and_threads(void **state)
{
	for (enum codec_id codec = CODEC_NONE; codec < CODEC_COUNT; codec++) {
		for (unsigned threads = codec == CODEC_LZO ? 1 : 4; threads <= 4; threads++) {
			struct save_options o = { .level = 31, .codec = codec, .threads = threads };

			round_trip("elf\n" PAGES, &o);
			o.level = 0;
			round_trip("elf\n" PAGES, &o);
		}
	}
}

/* On one CPU there is one thread, for whatever is asked. */
static void test_one_thread_starts_none(void **state)
{
	struct save_options o = { .level = 31, .codec = CODEC_LZO, .threads = 1 };

	threads_seen = 0;
	round_trip("elf\n" PAGES, &o);
	o.rate = (struct save_rate){ .wanted = true, .any_codec = true, .now = clock_now };
	round_trip("elf\n" PAGES, &o);
	assert_int_equal(threads_seen, 1);
	o.threads = 4;
	round_trip("elf\n" PAGES, &o);
	assert_in_range(threads_seen, 2, 4);
}

static void test_levels_and_sources(void **state)
{
	struct save_options o = { .codec = CODEC_LZO, .threads = 2 };

	round_trip("elf\n" PAGES, &o);
	round_trip("kdump\ncodec zstd\n" PAGES, &o);
	round_trip("kdump\ncodec zlib\nflatten 5000\n" PAGES, &o);
	o.level = 1;
	round_trip("elf\npage-size 65536\n" PAGES, &o);
}

/* What the source has lost is lost in the copy, too, and both say so. */
static void test_lost_pages(void **state)
{
	struct mkdump *from = mkdump("kdump\nincomplete\n" PAGES "pages 3000 50 lost\n");
	_cleanup_close_ int fd = memfd_create("saved", MFD_CLOEXEC);
	struct save_options o = { .level = 1, .codec = CODEC_ZSTD, .threads = 3 };
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	struct save_result res;

	assert_int_equal(save_to(from, fd, &o, SIZE_MAX, &res), 0);
	assert_int_equal(res.lost_pages, 50);
	assert_int_equal(res.kept_pages, 1493);
	expect_same(from, fd);
	assert_int_equal(dumpfile_open_fd(fd, "saved", &d, NULL), 0);
	assert_true(dumpfile_info(d)->flags & DUMP_INCOMPLETE);
	mkdump_free(from);
}

/* Each page of the copy is right or lost; returns how many are right. */
static uint64_t expect_part(const struct mkdump *from, int fd)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(dump_reader_freep) struct dump_reader *r = NULL;
	uint8_t page[4096], wanted[4096];
	uint64_t right = 0;

	assert_int_equal(dumpfile_open_fd(fd, "saved", &d, NULL), 0);
	assert_true(dumpfile_info(d)->flags & DUMP_INCOMPLETE);
	assert_int_equal(dump_reader_new(d, &r), 0);
	for (uint64_t pfn = 0; pfn < from->max_pfn; pfn++) {
		enum page_state state = dumpfile_page_state(d, pfn);

		if (from->kinds[pfn] == MK_ABSENT || from->kinds[pfn] == MK_EXCLUDED) {
			assert_int_equal(state, from->kinds[pfn] == MK_ABSENT ? PAGE_ABSENT
									      : PAGE_EXCLUDED);
		} else if (state != PAGE_LOST) {
			assert_int_equal(state, PAGE_PRESENT);
			assert_int_equal(dump_read(r, pfn * 4096, page, 4096, NULL), 0);
			mkdump_page(pfn, from->kinds[pfn], wanted, 4096);
			assert_memory_equal(page, wanted, 4096);
			right++;
		}
	}
	return right;
}

/* Wherever the disk is full, what stands there is readable and says that it is not all. */
static void test_full_disk(void **state)
{
	struct mkdump *from = mkdump("elf\n" PAGES);
	struct save_options o = { .level = 1, .codec = CODEC_LZO };
	uint64_t most = 0;

	for (size_t room = 0; room < 1650000; room += 150011) {
		_cleanup_close_ int fd = memfd_create("saved", MFD_CLOEXEC);
		struct save_result res = { 0 };

		o.threads = 1 + (unsigned)(room % 3);
		assert_int_equal(save_to(from, fd, &o, room, &res), -ENOSPC);
		assert_int_equal(res.incomplete, room > 30000);
		if (res.incomplete)
			most = MAX(most, expect_part(from, fd));
	}
	assert_true(most >= 512);
	mkdump_free(from);
}

static void test_dry_run(void **state)
{
	struct mkdump *from = mkdump("elf\n" PAGES);
	struct save_options o = { .level = 31, .codec = CODEC_ZSTD, .threads = 2, .dry_run = true };
	struct save_result res;

	assert_int_equal(save_to(from, -1, &o, 0, &res), 0);
	assert_int_equal(res.levels[0].kept_pages, 1443);
	assert_int_equal(res.levels[31].kept_pages, 1443);
	assert_int_equal(res.sample_pages, 1443);
	assert_int_equal(res.levels[1].zero_pages, 303);
	assert_int_equal(res.levels[0].raw_bytes, 1443 * 4096);
	assert_int_equal(res.levels[1].raw_bytes, 1140 * 4096);
	/* 400 pages of noise do not shrink. */
	assert_true(res.levels[1].bytes > 400 * 4096 && res.levels[1].bytes < 1000 * 4096);
	mkdump_free(from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codecs_and_threads),
		cmocka_unit_test(test_one_thread_starts_none),
		cmocka_unit_test(test_levels_and_sources),
		cmocka_unit_test(test_lost_pages),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_dry_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
