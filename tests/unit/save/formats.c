/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../dumpfile/expect.h"
#include "../test.h"
#include "base/bytes.h"
#include "base/io.h"
#include "base/sink_special.h"
#include "dumpfile/kdump_join.h"
#include "save/save.h"

/* Runs that end inside a page of the bitmap, holes shorter and longer than what ends an ELF segment. */
#define PAGES                                                                                      \
	"pages 1 700 text\npages 750 400 noise\npages 1160 20 zero\npages 1600 300 zero\n"         \
	"pages 2100 40 text\npages 8000 3 zero\n"

#define PARTS 3

static struct sink *memory_sink(int *ret_fd)
{
	struct sink *s;
	int fd = memfd_create("saved", MFD_CLOEXEC);

	assert_true(fd >= 0);
	*ret_fd = dup(fd);
	assert_int_equal(sink_fd_new(fd, "saved", &s, NULL), 0);
	return s;
}

static void expect_same(const struct mkdump *from, int fd)
{
	struct mkdump copy = *from;

	copy.fd = fd;
	expect_whole(&copy);
}

static void save_parts(struct mkdump *from, const struct save_options *o, size_t count, int *fds)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = expect_open(from);
	struct sink *sinks[PARTS];
	struct save_result res;

	for (size_t i = 0; i < count; i++)
		sinks[i] = memory_sink(&fds[i]);
	assert_int_equal(save_dump_split(d, NULL, o, sinks, count, &res, NULL), 0);
	assert_false(res.incomplete);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(sink_close(sinks[i], NULL), 0);
}

static int join(const int *fds, size_t count, struct sink *s, struct error *e)
{
	struct dumpfile *parts[PARTS] = { 0 };
	struct kdump_joined done;
	int r;

	for (size_t i = 0; i < count; i++)
		assert_int_equal(dumpfile_open_fd(fds[i], "part", &parts[i], NULL), 0);
	r = kdump_join(parts, count, s, NULL, &done, e);
	for (size_t i = 0; i < count; i++)
		dumpfile_close(parts[i]);
	return r;
}

/* Of the sub-header start_pfn_64 and end_pfn_64; an empty part begins at the end. */
static void expect_countable(int fd)
{
	uint8_t pfns[16];

	assert_int_equal(pread_exactly(fd, pfns, sizeof(pfns), 4096 + 80), 0);
	assert_true(le64_get(pfns) % 64 == 0 || le64_get(pfns) == le64_get(pfns + 8));
}

/* Parts, put together in any order, are the dump, and begin where crash can count. */
static void test_split(void **state)
{
	static const uint64_t grains[] = { 0, 64, 4096, 100000 };
	struct mkdump *from = mkdump("elf\n" PAGES);

	for (size_t i = 0; i < ARRAY_SIZE(grains); i++) {
		struct save_options o = { .level = 1,
					  .codec = CODEC_ZSTD,
					  .split_pages = grains[i] };
		int fds[PARTS], whole, order[PARTS];
		struct sink *s = memory_sink(&whole);

		save_parts(from, &o, PARTS, fds);
		for (size_t k = 0; k < PARTS; k++)
			expect_countable(fds[k]);
		for (size_t k = 0; k < PARTS; k++)
			order[k] = fds[(k + i) % PARTS];
		assert_int_equal(join(order, PARTS, s, NULL), 0);
		assert_int_equal(sink_close(s, NULL), 0);
		expect_same(from, whole);
		for (size_t k = 0; k < PARTS; k++)
			close(fds[k]);
		close(whole);
	}
	mkdump_free(from);
}

/* A part too few, one twice, or one of another dump. */
static void test_join_refuses(void **state)
{
	struct mkdump *from = mkdump("elf\n" PAGES), *other = mkdump("elf\npages 1 3000 text\n");
	struct save_options o = { .level = 1, .codec = CODEC_LZO };
	int fds[PARTS], others[PARTS], out;
	struct sink *s = memory_sink(&out);
	struct error e = { 0 };

	save_parts(from, &o, PARTS, fds);
	save_parts(other, &o, PARTS, others);
	assert_int_equal(join(fds, PARTS - 1, s, &e), -EINVAL);
	assert_non_null(strstr(e.text, "no part has"));
	assert_int_equal(join(&fds[1], PARTS - 1, s, &e), -EINVAL);
	assert_int_equal(join((int[]){ fds[0], fds[0], fds[1] }, PARTS, s, &e), -EINVAL);
	assert_non_null(strstr(e.text, "too"));
	assert_int_equal(join((int[]){ fds[0], others[1], fds[2] }, PARTS, s, &e), -EINVAL);
	assert_non_null(strstr(e.text, "same dump"));
	for (size_t k = 0; k < PARTS; k++) {
		close(fds[k]);
		close(others[k]);
	}
	assert_int_equal(sink_close(s, NULL), 0);
	close(out);
	mkdump_free(from);
	mkdump_free(other);
}

/* ELF: what is kept has its content; pages of zeros are left out, or read as such. */
static void test_elf(void **state)
{
	struct mkdump *from = mkdump("elf\n" PAGES);
	struct save_options o = { .level = 1, .format = SAVE_ELF, .threads = 2 };
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(dump_reader_freep) struct dump_reader *r = NULL;
	uint8_t page[4096], wanted[4096];
	int fd;

	save_parts(from, &o, 1, &fd);
	assert_int_equal(dumpfile_open_fd(fd, "saved", &d, NULL), 0);
	assert_int_equal(dumpfile_info(d)->flags, 0);
	assert_int_equal(dump_reader_new(d, &r), 0);
	for (uint64_t pfn = 0; pfn < from->max_pfn; pfn++) {
		enum page_state s = dumpfile_page_state(d, pfn);

		if (from->kinds[pfn] == MK_ABSENT) {
			assert_int_equal(s, PAGE_ABSENT);
			continue;
		}
		if (s == PAGE_EXCLUDED) {
			assert_int_equal(from->kinds[pfn], MK_ZERO);
			continue;
		}
		assert_int_equal(s, PAGE_PRESENT);
		assert_int_equal(dump_read(r, pfn * 4096, page, 4096, NULL), 0);
		mkdump_page(pfn, from->kinds[pfn], wanted, 4096);
		assert_memory_equal(page, wanted, 4096);
	}
	assert_int_equal(dumpfile_page_state(d, 1700), PAGE_EXCLUDED);
	close(fd);
	mkdump_free(from);
}

static void test_elf_needs_elf(void **state)
{
	struct mkdump *from = mkdump("kdump\n" PAGES);
	_cleanup_(dumpfile_closep) struct dumpfile *d = expect_open(from);
	struct save_options o = { .level = 1, .format = SAVE_ELF };
	_cleanup_sink_ struct sink *s = NULL;
	struct save_result res;

	assert_int_equal(sink_null_new("nothing", &s, NULL), 0);
	assert_int_equal(save_dump(d, NULL, &o, s, &res, NULL), -EOPNOTSUPP);
	mkdump_free(from);
}

static void test_limit(void **state)
{
	struct mkdump *from = mkdump("elf\n" PAGES);
	_cleanup_(dumpfile_closep) struct dumpfile *d = expect_open(from);
	struct save_options o = { .level = 1, .codec = CODEC_NONE, .threads = 2 };
	struct save_result res = { 0 };
	struct sink *inner, *s;
	int fd;

	inner = memory_sink(&fd);
	assert_int_equal(sink_limit_new(inner, 2000000, &s, NULL), 0);
	assert_int_equal(save_dump(d, NULL, &o, s, &res, NULL), -EFBIG);
	assert_true(res.incomplete);
	assert_int_equal(sink_close(s, NULL), 0);
	assert_true(lseek(fd, 0, SEEK_END) <= 2000000);
	close(fd);

	/* begun anew, appended data counts from the start again */
	inner = memory_sink(&fd);
	assert_int_equal(sink_limit_new(inner, 8, &s, NULL), 0);
	assert_int_equal(sink_append(s, "123456", 6, NULL), 0);
	assert_int_equal(sink_append(s, "789", 3, NULL), -EFBIG);
	assert_int_equal(sink_restart(s, NULL), 0);
	assert_int_equal(sink_append(s, "12345678", 8, NULL), 0);
	assert_int_equal(sink_close(s, NULL), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 8);
	close(fd);
	mkdump_free(from);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split), cmocka_unit_test(test_join_refuses),
		cmocka_unit_test(test_elf),   cmocka_unit_test(test_elf_needs_elf),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
