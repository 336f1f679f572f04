/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/kdump_repair.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../test.h"
#include "base/bytes.h"
#include "base/io.h"
#include "expect.h"

#define PAGES                                                                                      \
	"pages 1 300 text\npages 320 200 noise\npages 600 100 zero\npages 710 90 excluded\npages " \
	"8000 3 zero\n"
#define KEPT 603
#define FLIPS 150

static struct mkdump *made(const char *codec, const char *more)
{
	char text[400];

	snprintf(text, sizeof(text), "kdump\ncodec %s\n" PAGES "%s", codec, more);
	return mkdump(text);
}

static int copied(int fd, off_t size)
{
	int copy = memfd_create("copied", MFD_CLOEXEC);
	off_t at = 0;

	while (at < size)
		assert_true(copy_file_range(fd, &at, copy, NULL, (size_t)(size - at), 0) > 0);
	return copy;
}

static int repair(int fd, bool in_place, int *ret_fd, struct kdump_repaired *ret, struct error *e)
{
	_cleanup_partial_ struct partial p = { 0 };
	_cleanup_sink_ struct sink *s = NULL;
	int r = partial_open(fd, "damaged", &p, e);

	assert_int_equal(r, 0);
	if (in_place) {
		*ret_fd = dup(fd);
		assert_int_equal(partial_write(&p, fd, NULL), 0);
		return kdump_repair_in_place(&p, NULL, ret, e);
	}
	*ret_fd = memfd_create("repaired", MFD_CLOEXEC);
	assert_int_equal(sink_fd_new(dup(*ret_fd), "repaired", &s, NULL), 0);
	return kdump_repair(&p, s, NULL, ret, e);
}

/* Opens, with no damage left; each page is right or lost. How many are right. */
static uint64_t expect_right(const struct mkdump *from, int fd)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL, *whole = expect_open(from);
	_cleanup_(dump_reader_freep) struct dump_reader *r = NULL, *r_whole = NULL;
	const char *const *damage;
	uint8_t page[4096], wanted[4096];
	uint64_t right = 0;

	assert_int_equal(dumpfile_open_fd(fd, "repaired", &d, NULL), 0);
	if (dumpfile_damage(d, &damage))
		fail_msg("%s", damage[0]);
	assert_false(dumpfile_info(d)->flags & DUMP_TRUNCATED);
	assert_int_equal(dump_reader_new(d, &r), 0);
	assert_int_equal(dump_reader_new(whole, &r_whole), 0);
	for (uint64_t pfn = 0; pfn < from->max_pfn; pfn++) {
		if (dump_read(r, pfn * 4096, page, 4096, NULL) < 0)
			continue;
		if (dump_read(r_whole, pfn * 4096, wanted, 4096, NULL) < 0 ||
		    memcmp(page, wanted, 4096) != 0)
			fail_msg("page %#llx is wrong", (unsigned long long)pfn);
		right++;
	}
	assert_true(right == KEPT || dumpfile_info(d)->flags & DUMP_INCOMPLETE);
	return right;
}

static void test_whole(void **state)
{
	static const char *const codecs[] = { "none", "zlib", "lzo", "snappy", "zstd" };

	for (unsigned i = 0; i < 2 * ARRAY_SIZE(codecs); i++) {
		struct mkdump *m = made(codecs[i / 2], i % 3 ? "" : "flatten 7000\n");
		struct kdump_repaired done;
		int fd;

		assert_int_equal(repair(m->fd, i % 2, &fd, &done, NULL), 0);
		assert_int_equal(done.whole_pages, KEPT);
		assert_false(done.incomplete || done.fixed_header || done.fixed_bits);
		assert_int_equal(expect_right(m, fd), KEPT);
		close(fd);
		mkdump_free(m);
	}
}

static void test_cut(void **state)
{
	struct mkdump *m = made("zstd", "");

	for (unsigned tenth = 1; tenth < 20; tenth++) {
		_cleanup_close_ int cut = copied(m->fd, (off_t)(m->size * tenth / 20));
		struct kdump_repaired done;
		struct error e = { 0 };
		int fd, r = repair(cut, tenth % 2, &fd, &done, &e);

		if (r < 0) {
			assert_true(tenth == 1 && e.text[0]);
		} else {
			assert_int_equal(expect_right(m, fd), done.whole_pages);
			assert_int_equal(done.whole_pages + done.missing_pages, KEPT);
		}
		close(fd);
	}
	mkdump_free(m);
}

static bool is_touched(int fd, const struct mkdump *m, uint64_t at, uint8_t byte)
{
	_cleanup_free_ uint8_t *a = malloc(m->size), *b = malloc(m->size);

	assert_int_equal(pread_exactly(fd, a, m->size, 0), 0);
	assert_int_equal(pread_exactly(m->fd, b, m->size, 0), 0);
	b[at] = byte;
	return memcmp(a, b, m->size) != 0;
}

/* A bit anywhere before the data: never a wrong page. */
static void flip(const struct mkdump *m, uint64_t end, unsigned *ret_refused)
{
	uint64_t random = 7;

	for (unsigned i = 0; i < FLIPS; i++) {
		_cleanup_close_ int bad = copied(m->fd, (off_t)m->size);
		struct kdump_repaired done;
		struct error e = { 0 };
		uint64_t at;
		uint8_t byte;
		int fd;

		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		at = (random >> 20) % (i % 4 ? end : 4096 + 104);
		assert_int_equal(pread_exactly(bad, &byte, 1, at), 0);
		byte ^= (uint8_t)(1 << (random >> 60) % 8);
		assert_int_equal(pwrite_all(bad, &byte, 1, at), 0);
		if (repair(bad, i % 2, &fd, &done, &e) < 0) {
			++*ret_refused;
			assert_true(e.text[0]);
			assert_false(is_touched(bad, m, at, byte));
		} else if (expect_right(m, fd) + 2 < KEPT) {
			fail_msg("bit of byte %#llx costs %llu pages", (unsigned long long)at,
				 (unsigned long long)(KEPT - done.whole_pages));
		}
		close(fd);
	}
}

static void test_flipped(void **state)
{
	static const char *const codecs[] = { "none", "lzo", "zstd" };

	for (size_t i = 0; i < ARRAY_SIZE(codecs); i++) {
		struct mkdump *m = made(codecs[i], "");
		unsigned refused = 0;

		flip(m, 4 * 4096 + KEPT * 24, &refused);
		assert_true(refused < FLIPS / 10);
		mkdump_free(m);
	}
}

/* Two page_descs that lead to the same page: neither is believed, unless it is zeros. */
static void test_doubtful(void **state)
{
	struct mkdump *m = made("zlib", "");
	uint64_t table = 4 * 4096;
	uint8_t desc[24];
	struct kdump_repaired done;
	int fd;

	assert_int_equal(pread_exactly(m->fd, desc, sizeof(desc), table + 5 * 24), 0);
	assert_int_equal(pwrite_all(m->fd, desc, sizeof(desc), table + 9 * 24), 0);
	assert_int_equal(repair(m->fd, false, &fd, &done, NULL), 0);
	assert_int_equal(done.doubtful_pages, 2);
	assert_int_equal(done.whole_pages, KEPT - 2);
	close(fd);
	mkdump_free(m);
}

static void test_refused(void **state)
{
	static const char *const texts[] = { "elf\npages 1 20 text\n",
					     "kdump\npages 1 20 text\ncut-to 9000\n",
					     "kdump\npages 1 20 text\npoke 12288 4 9\n" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct mkdump *m = mkdump(texts[i]);
		struct kdump_repaired done;
		struct error e = { 0 };
		int fd;

		assert_int_equal(repair(m->fd, false, &fd, &done, &e), -EINVAL);
		assert_true(e.text[0]);
		assert_int_equal(lseek(fd, 0, SEEK_END), 0);
		close(fd);
		mkdump_free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),	cmocka_unit_test(test_cut),
		cmocka_unit_test(test_flipped), cmocka_unit_test(test_doubtful),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
