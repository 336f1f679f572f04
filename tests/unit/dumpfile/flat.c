/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/flat_index.h"
#include "dumpfile/flat_restore.h"
#include "dumpfile/flat_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../test.h"
#include "expect.h"

#define PAGES "pages 1 30 text\npages 31 9 excluded\npages 50 14 noise\npages 64 1 zero\n"

static void whole(const char *description)
{
	struct mkdump *m = mkdump(description);
	struct dumpfile *d = expect_open(m);

	assert_int_equal(dumpfile_info(d)->flags, DUMP_FLATTENED);
	dumpfile_close(d);
	expect_whole(m);
	mkdump_free(m);
}

/* Chunks smaller than a page, larger, and of no relation. */
static void test_read_in_place(void **state)
{
	static const unsigned chunks[] = { 64, 1000, 4096, 5000, 100000, 10000000 };
	char text[300];

	for (unsigned i = 0; i < ARRAY_SIZE(chunks); i++) {
		snprintf(text, sizeof(text), "kdump\ncodec zlib\nflatten %u\n" PAGES, chunks[i]);
		whole(text);
		snprintf(text, sizeof(text), "elf\nflatten %u\n" PAGES, chunks[i]);
		whole(text);
	}
}

static void test_without_end(void **state)
{
	struct mkdump *m = mkdump("elf\nflatten 5000\nno-end\n" PAGES);
	struct dumpfile *d = expect_open(m);

	assert_int_equal(dumpfile_info(d)->flags, DUMP_FLATTENED | DUMP_TRUNCATED);
	assert_int_equal(expect_sane(m), 45);
	dumpfile_close(d);
	mkdump_free(m);
}

/* Random records over a small file, against writing them one after the other. */
static void test_index(void **state)
{
	uint32_t x = 1;

	for (unsigned round = 0; round < 300; round++) {
		struct flat_index index = { 0 };
		uint64_t file[300] = { 0 }, position = 1;
		unsigned n = round % 40;

		for (unsigned i = 0; i < n; i++) {
			uint64_t offset, size;

			x = x * 1664525 + 1013904223;
			offset = (x >> 8) % 200;
			size = 1 + (x >> 20) % (round % 3 ? 10 : 100);
			assert_int_equal(flat_index_add(&index, (struct flat_piece){ offset, size,
										     position }),
					 0);
			for (uint64_t k = 0; k < size; k++)
				file[offset + k] = position + k;
			position += size + 16;
		}
		assert_int_equal(flat_index_finish(&index), 0);
		for (uint64_t at = 0; at < 300; at++) {
			size_t i = flat_index_find(&index, at);
			const struct flat_piece *p = index.pieces;
			uint64_t got = 0;

			if (i < index.n && at >= p[i].offset)
				got = p[i].position + (at - p[i].offset);
			assert_int_equal(got, file[at]);
			assert_true(i == 0 || p[i - 1].offset + p[i - 1].size <= at);
		}
		flat_index_done(&index);
	}
}

static int memfd(void)
{
	int fd = memfd_create("flat", MFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* A stream of three writes out of order, the first of them written anew; not finished unless asked. */
static int stream(bool finish)
{
	int fd = memfd(), copy = dup(fd);
	struct sink *inner, *flat;
	struct error e;

	assert_int_equal(sink_fd_new(fd, "stream", &inner, &e), 0);
	assert_int_equal(flat_write_new(inner, &flat, &e), 0);
	assert_int_equal(sink_write_at(flat, "wrong-----", 10, 0, &e), 0);
	assert_int_equal(sink_write_at(flat, "tail", 4, 5000, &e), 0);
	assert_int_equal(sink_write_at(flat, "", 0, 9999, &e), 0);
	assert_int_equal(sink_append(flat, "right", 5, &e), 0);
	assert_int_equal(sink_append(flat, " too", 4, &e), 0);
	assert_int_equal(sink_write_at(flat, "x", 1, UINT64_MAX, &e), -EFBIG);
	if (finish) {
		assert_int_equal(sink_finish(flat, &e), 0);
		assert_int_equal(sink_finish(flat, &e), 0);
		assert_int_equal(sink_write_at(flat, "x", 1, 0, &e), -EBADF);
	}
	assert_int_equal(sink_sync(flat, &e), 0);
	assert_int_equal(sink_close(flat, &e), 0);
	return copy;
}

static struct flat_restored restore(int fd, int out_fd)
{
	struct flat_restored done = { 0 };
	struct error e = { 0 };
	struct sink *out;

	assert_int_equal(sink_fd_new(dup(out_fd), "out", &out, &e), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	if (flat_restore(fd, "stream", out, NULL, &done, &e) < 0)
		fail_msg("%s", error_text(&e));
	assert_int_equal(sink_close(out, &e), 0);
	return done;
}

static void test_write_and_restore(void **state)
{
	int fd = stream(true), out = memfd();
	struct flat_restored done = restore(fd, out);
	char text[5005] = "";

	assert_true(done.complete);
	assert_int_equal(done.records, 4);
	assert_int_equal(done.size, 5004);
	assert_int_equal(done.bytes, 23);
	assert_int_equal(done.stream_bytes, lseek(fd, 0, SEEK_END));
	assert_int_equal(pread(out, text, sizeof(text), 0), 5004);
	assert_string_equal(text, "right too-");
	assert_string_equal(text + 5000, "tail");
	assert_int_equal(flat_probe(fd, 0), 1);
	assert_int_equal(flat_probe(fd, 16), 0);
	close(fd);
	close(out);
}

/* Cut at any byte, or followed by whatever the device held before, it is not complete. */
static void test_restore_cut(void **state)
{
	int whole_fd = stream(true), unfinished = stream(false), fd = memfd();
	off_t size = lseek(whole_fd, 0, SEEK_END), cut = lseek(unfinished, 0, SEEK_END);
	char *bytes = malloc((size_t)size);

	assert_int_equal(pread(whole_fd, bytes, (size_t)size, 0), size);
	for (off_t n = 4096; n < size; n++) {
		int out = memfd();

		assert_int_equal(ftruncate(fd, 0), 0);
		assert_int_equal(pwrite(fd, bytes, (size_t)n, 0), n);
		assert_false(restore(fd, out).complete);
		close(out);
	}
	/* An older stream with the same layout goes on where the new one was cut off. */
	assert_true(cut < size);
	assert_int_equal(pwrite(unfinished, bytes + cut, (size_t)(size - cut), cut), size - cut);
	assert_false(restore(unfinished, fd).complete);
	free(bytes);
	close(fd);
	close(whole_fd);
	close(unfinished);
}

static void test_restore_refuses(void **state)
{
	struct flat_restored done;
	struct error e = { 0 };
	struct sink *out;
	int fd = memfd();

	assert_int_equal(sink_fd_new(memfd(), "out", &out, &e), 0);
	assert_int_equal(flat_restore(fd, "stream", out, NULL, &done, &e), -EINVAL);
	assert_non_null(strstr(error_text(&e), "no flattened dump"));
	assert_int_equal(ftruncate(fd, 8192), 0);
	assert_int_equal(flat_restore(fd, "stream", out, NULL, &done, &e), -EINVAL);
	assert_int_equal(sink_close(out, &e), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_in_place), cmocka_unit_test(test_without_end),
		cmocka_unit_test(test_index),	      cmocka_unit_test(test_write_and_restore),
		cmocka_unit_test(test_restore_cut),   cmocka_unit_test(test_restore_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
