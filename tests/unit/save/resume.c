/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/resume.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../dumpfile/expect.h"
#include "../test.h"
#include "base/io.h"
#include "dumpfile/flat_write.h"
#include "dumpfile/sink_ordered.h"

#define PAGES                                                                                      \
	"pages 1 700 text\npages 750 400 noise\npages 1600 300 zero\npages 2100 40 text\n"         \
	"pages 8000 3 zero\n"
#define CUTS 10

static struct save_options options(enum codec_id codec)
{
	return (struct save_options){ .level = LEVEL_ZERO,
				      .codec = codec,
				      .threads = codec == CODEC_LZO ? 2 : 1 };
}

/* What `lastword save` makes of it, flattened or not. */
static int saved(const struct mkdump *from, enum codec_id codec, bool flat)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = expect_open(from);
	_cleanup_sink_ struct sink *s = NULL;
	struct save_options o = options(codec);
	struct save_result res;
	int fd = memfd_create("saved", MFD_CLOEXEC);

	assert_int_equal(sink_fd_new(dup(fd), "saved", &s, NULL), 0);
	if (flat)
		assert_int_equal(flat_write_new(s, &s, NULL), 0);
	assert_int_equal(save_dump(d, NULL, &o, s, &res, NULL), 0);
	if (flat)
		assert_int_equal(sink_finish(s, NULL), 0);
	return fd;
}

static int copied(int fd, off_t size)
{
	int copy = memfd_create("copied", MFD_CLOEXEC);
	off_t at = 0;

	if (size < 0)
		size = lseek(fd, 0, SEEK_END);
	while (at < size)
		assert_true(copy_file_range(fd, &at, copy, NULL, (size_t)(size - at), 0) > 0);
	return copy;
}

static int resume(const struct mkdump *from, int fd, struct resume_result *ret)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = expect_open(from);
	struct resume_options o = { .save = options(CODEC_ZSTD) };
	struct error e = { 0 };
	int r = resume_dump(d, NULL, &o, fd, "target", ret, &e);

	if (r < 0)
		assert_memory_equal(e.text, "target", 6);
	return r;
}

/* Every page of the source, and nothing else; nobody calls it damaged. */
static void expect_same(const struct mkdump *from, int fd)
{
	_cleanup_(dumpfile_closep) struct dumpfile *there = NULL, *d = expect_open(from);
	_cleanup_(dump_reader_freep) struct dump_reader *r = NULL, *r_there = NULL;
	uint8_t page[4096], got[4096];

	assert_int_equal(dumpfile_open_fd(fd, "made", &there, NULL), 0);
	assert_int_equal(dumpfile_info(there)->flags & ~DUMP_FLATTENED, 0);
	assert_int_equal(dumpfile_info(there)->max_pfn, from->max_pfn);
	assert_int_equal(dump_reader_new(d, &r), 0);
	assert_int_equal(dump_reader_new(there, &r_there), 0);
	for (uint64_t pfn = 0; pfn < from->max_pfn; pfn++) {
		if (dumpfile_page_state(d, pfn) != dumpfile_page_state(there, pfn))
			fail_msg("page %#llx", (unsigned long long)pfn);
		if (from->kinds[pfn] == MK_ABSENT)
			continue;
		if (dump_read(r, pfn * 4096, page, 4096, NULL) < 0 ||
		    dump_read(r_there, pfn * 4096, got, 4096, NULL) < 0 ||
		    memcmp(page, got, 4096) != 0)
			fail_msg("content of page %#llx", (unsigned long long)pfn);
	}
}

static bool files_are_same(int a, int b)
{
	off_t size = lseek(a, 0, SEEK_END);
	const void *x, *y;
	bool same;

	if (size != lseek(b, 0, SEEK_END))
		return false;
	x = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, a, 0);
	y = mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, b, 0);
	same = memcmp(x, y, (size_t)size) == 0;
	munmap((void *)x, (size_t)size);
	munmap((void *)y, (size_t)size);
	return same;
}

/* Wherever it was cut, it becomes whole, what was there stays, and there is nothing left to do. */
static void cut(const struct mkdump *from, int whole, bool flat)
{
	off_t size = lseek(whole, 0, SEEK_END);
	uint64_t before = 0;

	for (int i = 0; i <= CUTS; i++) {
		_cleanup_close_ int fd = copied(whole, i ? size * i / CUTS - (i < CUTS) : 4096);
		_cleanup_close_ int done = -1;
		struct resume_result res;

		assert_int_equal(resume(from, fd, &res), 0);
		expect_same(from, fd);
		assert_int_equal(res.damaged_pages, 0);
		assert_int_equal(res.proved_pages + res.missing_pages, 1443);
		assert_int_equal(res.written_pages, res.missing_pages);
		assert_true(res.proved_pages >= before);
		before = res.proved_pages;
		done = copied(fd, -1);
		assert_int_equal(resume(from, fd, &res), 0);
		assert_int_equal(res.save.bytes, 0);
		assert_int_equal(res.proved_pages, 1443);
		assert_true(files_are_same(fd, done));
	}
	assert_true(before == 1443);
}

static void test_cut(void **state)
{
	struct mkdump *from = mkdump("elf\n" PAGES);

	for (enum codec_id codec = CODEC_NONE; codec < CODEC_COUNT; codec++) {
		/* Each form with some of them. */
		for (unsigned flat = codec % 2; flat < 2; flat++) {
			_cleanup_close_ int whole = saved(from, codec, flat);

			cut(from, whole, flat);
		}
	}
	mkdump_free(from);
}

/* A bit anywhere in headers, bitmaps and page_descs. What is refused is not touched; what is not becomes whole. */
static void flip(const struct mkdump *from, int whole, uint64_t end, unsigned *ret_done)
{
	uint64_t random = 1;

	for (unsigned i = 0; i < 30; i++) {
		_cleanup_close_ int fd = copied(whole, -1);
		_cleanup_close_ int before = -1;
		struct resume_result res;
		uint8_t byte;

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		/* Each third in the headers, which are the least of it. */
		uint64_t at = (random >> 20) % (i % 3 ? end : 4096 + 104);

		assert_int_equal(pread_exactly(fd, &byte, 1, at), 0);
		byte ^= (uint8_t)(1 << (random >> 60) % 8);
		assert_int_equal(pwrite_all(fd, &byte, 1, at), 0);
		before = copied(fd, -1);
		if (resume(from, fd, &res) == 0) {
			++*ret_done;
			expect_same(from, fd);
		} else {
			assert_true(files_are_same(fd, before));
		}
	}
}

static void test_flipped(void **state)
{
	struct mkdump *from = mkdump("elf\n" PAGES);

	for (enum codec_id codec = CODEC_NONE; codec < CODEC_COUNT; codec += 2) {
		_cleanup_close_ int whole = saved(from, codec, false);
		unsigned done = 0;

		flip(from, whole, 4 * 4096 + 1443 * 24, &done);
		assert_true(done >= 27);
	}
	mkdump_free(from);
}

/* Damage to the data itself: bytes of every tenth page or so. */
static void test_data(void **state)
{
	struct mkdump *from = mkdump("elf\n" PAGES);

	for (enum codec_id codec = CODEC_NONE; codec < CODEC_COUNT; codec++) {
		_cleanup_close_ int fd = saved(from, codec, false);
		off_t size = lseek(fd, 0, SEEK_END);
		struct resume_result res;

		for (off_t at = 60000; at < size; at += 9973)
			assert_int_equal(pwrite_all(fd, "x\x80y", 3, (uint64_t)at), 0);
		assert_int_equal(resume(from, fd, &res), 0);
		expect_same(from, fd);
		assert_true(res.damaged_pages > 5 && res.proved_pages > 500);
		assert_int_equal(res.proved_pages + res.damaged_pages, 1443);
	}
	mkdump_free(from);
}

/* A disk that has a little more room each time. */
static void test_full_disk(void **state)
{
	struct mkdump *from = mkdump("elf\n" PAGES);
	struct rlimit limit = { 0, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
	uint64_t before = 0;
	unsigned times = 0;

	signal(SIGXFSZ, SIG_IGN);
	for (unsigned flat = 0; flat < 2; flat++) {
		_cleanup_close_ int whole = saved(from, CODEC_LZO, flat);
		_cleanup_close_ int fd = copied(whole, 100000);
		struct resume_result res;
		int r = -EFBIG;

		before = 0;
		for (limit.rlim_cur = 200000; r < 0 && times < 200; times++) {
			assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
			r = resume(from, fd, &res);
			assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
			assert_true(r == 0 || (r == -EFBIG && res.save.incomplete));
			assert_true(res.proved_pages >= before);
			before = res.proved_pages;
			limit.rlim_cur += 150000;
		}
		assert_true(times > 3);
		expect_same(from, fd);
	}
	mkdump_free(from);
}

/* Another crash of the same kernel, as its note says. */
static void crash_later(int fd)
{
	static uint8_t head[KIB(70)];
	uint8_t *at;

	assert_int_equal(pread_exactly(fd, head, sizeof(head), 0), 0);
	at = memmem(head, sizeof(head), "CRASHTIME=", 10);
	assert_non_null(at);
	assert_int_equal(pwrite_all(fd, "9", 1, (uint64_t)(at - head) + 10), 0);
}

/* What is not of this source stays as it is. */
static void test_refused(void **state)
{
	struct mkdump *from = mkdump("elf\n" PAGES);
	struct mkdump *others[] = { mkdump("elf\npages 1 3000 noise\n"),
				    mkdump("elf\npage-size 65536\npages 1 300 text\n") };
	static const char *const texts[] = { "hello\n", "KDUMP   ", "\177ELF" };
	struct resume_result res;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		_cleanup_close_ int fd = saved(others[i], CODEC_ZLIB, false);
		_cleanup_close_ int before = -1;

		crash_later(fd);
		before = copied(fd, -1);
		assert_int_equal(resume(from, fd, &res), -EINVAL);
		assert_true(files_are_same(fd, before));
		mkdump_free(others[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_close_ int fd = memfd_create("text", MFD_CLOEXEC);
		_cleanup_close_ int before = -1;

		assert_int_equal(pwrite_all(fd, texts[i], strlen(texts[i]), i == 1 ? 0 : 100), 0);
		before = copied(fd, -1);
		/* The signature alone is how one begins. */
		assert_int_equal(resume(from, fd, &res), i == 1 ? 0 : -EINVAL);
		if (i != 1)
			assert_true(files_are_same(fd, before));
	}
	mkdump_free(from);
}

/* Cut or not: it is said what to do, and the file is as it was. */
static void test_elf(void **state)
{
	struct mkdump *from = mkdump("elf\n" PAGES);
	_cleanup_(dumpfile_closep) struct dumpfile *d = expect_open(from);
	_cleanup_sink_ struct sink *s = NULL;
	_cleanup_close_ int whole = memfd_create("saved", MFD_CLOEXEC);
	struct save_options o = { .format = SAVE_ELF, .codec = CODEC_NONE, .threads = 1 };
	struct save_result res;

	assert_int_equal(sink_fd_new(dup(whole), "saved", &s, NULL), 0);
	assert_int_equal(save_dump(d, NULL, &o, s, &res, NULL), 0);
	for (off_t size = lseek(whole, 0, SEEK_END); size > 10000; size /= 2) {
		_cleanup_close_ int fd = copied(whole, size), before = copied(whole, size);
		struct resume_options asked = { .save = options(CODEC_ZSTD) };
		struct resume_result resumed;
		struct error e = { 0 };

		assert_int_equal(resume_dump(d, NULL, &asked, fd, "target", &resumed, &e), -EINVAL);
		assert_non_null(strstr(e.text, "is ELF"));
		assert_true(files_are_same(fd, before));
	}
	mkdump_free(from);
}

/* What reaches a file, and when it is synced. */
struct recorder {
	struct sink sink;
	uint64_t unsynced_data;
	unsigned table_writes, syncs;
};

#define TABLE_START 1000
#define TABLE_END 2000

static int record_write(struct sink *s, const void *data, size_t len, uint64_t offset,
			struct error *e)
{
	struct recorder *r = (struct recorder *)s;

	if (offset < TABLE_START || offset >= TABLE_END) {
		r->unsynced_data += len;
		return 0;
	}
	assert_int_equal(r->unsynced_data, 0);
	r->table_writes++;
	return 0;
}

static int record_sync(struct sink *s, struct error *e)
{
	struct recorder *r = (struct recorder *)s;

	r->unsynced_data = 0;
	r->syncs++;
	return 0;
}

static void test_ordered(void **state)
{
	static const struct sink_ops ops = { .write_at = record_write, .sync = record_sync };
	struct recorder to = { .sink = { .ops = &ops, .name = "recorder", .seekable = true } };
	_cleanup_sink_ struct sink *s = NULL;
	static const uint8_t data[1 << 20];

	assert_int_equal(sink_ordered_new(&to.sink, TABLE_START, TABLE_END, &s, NULL), 0);
	for (unsigned i = 0; i < 200; i++) {
		assert_int_equal(sink_write_at(s, data, sizeof(data), 4000, NULL), 0);
		assert_int_equal(sink_write_at(s, data, 24, TABLE_START + i, NULL), 0);
	}
	assert_true(to.table_writes >= 128 && to.table_writes < 200 && to.syncs == 3);
	assert_int_equal(sink_sync(s, NULL), 0);
	assert_int_equal(to.table_writes, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cut),	cmocka_unit_test(test_flipped),
		cmocka_unit_test(test_data),	cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_elf),
		cmocka_unit_test(test_ordered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
