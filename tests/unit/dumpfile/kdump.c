/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "expect.h"

#define FEW_PAGES "pages 1 30 text\npages 31 9 excluded\npages 64 3 zero\npages 70 2 lost\n"
#define PAGES                                                                                      \
	"pages 1 30 text\npages 31 9 excluded\npages 50 14 noise\npages 64 1 zero\npages 70 2 "    \
	"lost\n"                                                                                   \
	"pages 900 5 text\npages 1020 70 text\n"

static void whole(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void whole(const char *format, ...)
{
	struct mkdump *m;
	char text[600];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	m = mkdump(text);
	expect_whole(m);
	mkdump_free(m);
}

static void test_codecs(void **state)
{
	static const char *const codecs[] = { "none", "zlib", "lzo", "snappy", "zstd" };

	for (unsigned i = 0; i < 5; i++) {
		whole("kdump\ncodec %s\n" PAGES, codecs[i]);
		whole("kdump\ncodec %s\npage-size 65536\npages 3 9 text\n", codecs[i]);
	}
}

/* Every version, word size and byte order; what a version lacks is filled with rubbish by the generator. */
static void test_versions(void **state)
{
	for (unsigned version = 0; version <= 6; version++) {
		whole("kdump\nversion %u\n" FEW_PAGES, version);
		whole("kdump\nversion %u\nbig-endian\n" FEW_PAGES, version);
		whole("kdump\nversion %u\nword 4\nalign 4\n" FEW_PAGES, version);
		whole("kdump\nversion %u\nword 4\nalign 8\n" FEW_PAGES, version);
	}
}

static void test_info_of_versions(void **state)
{
	for (unsigned version = 0; version <= 6; version++) {
		const struct dump_info *info;
		struct dumpfile *d;
		struct mkdump *m;
		char text[100];

		snprintf(text, sizeof(text),
			 "kdump\ncodec lzo\nincomplete\npages 1 5 text\nversion %u\n", version);
		m = mkdump(text);
		d = expect_open(m);
		info = dumpfile_info(d);
		assert_int_equal(info->header_version, version);
		assert_int_equal(info->dump_level, version >= 1 ? 31 : -1);
		assert_int_equal(info->crash_time, 1700000000);
		assert_int_equal(info->phys_base, 0x1000000);
		assert_int_equal(info->machine, 62);
		assert_int_equal(info->flags, DUMP_INCOMPLETE);
		assert_string_equal(info->release, "6.1.0-test");
		assert_string_equal(info->nodename, "node");
		assert_string_equal(info->codec, "lzo");
		assert_int_equal(dumpfile_note(d, "VMCOREINFO", 0) != NULL, version >= 3);
		assert_int_equal(dumpfile_note(d, "CORE", 1) != NULL, version >= 4);
		if (version >= 3)
			assert_memory_equal(dumpfile_note(d, "VMCOREINFO", 0)->desc,
					    "OSRELEASE=6.1.0-test\n", 21);
		dumpfile_close(d);
		mkdump_free(m);
	}
}

static void test_one_bitmap(void **state)
{
	for (unsigned version = 0; version <= 6; version += 3)
		whole("kdump\nbitmaps 1\nversion %u\npages 3 40 text\npages 99 2 lost\n", version);
}

/* Sizes around the words and blocks of the rank index. */
static void test_sizes(void **state)
{
	static const unsigned sizes[] = { 1, 2, 63, 64, 65, 1023, 1024, 1025, 2049 };

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		whole("kdump\ncodec lzo\npages 0 %u zero\n", sizes[i]);
		whole("kdump\npages %u 1 text\n", sizes[i] - 1);
	}
}

/* A part alone: what is in the others is lost here. */
static void test_split(void **state)
{
	for (unsigned version = 2; version <= 6; version += 4) {
		struct mkdump *m;
		struct dumpfile *d;
		char text[100];

		snprintf(text, sizeof(text), "kdump\nversion %u\nsplit 20 40\npages 10 50 text\n",
			 version);
		m = mkdump(text);
		d = expect_open(m);
		assert_int_equal(dumpfile_page_state(d, 19), PAGE_LOST);
		assert_int_equal(dumpfile_page_state(d, 20), PAGE_PRESENT);
		assert_int_equal(dumpfile_page_state(d, 39), PAGE_PRESENT);
		assert_int_equal(dumpfile_page_state(d, 40), PAGE_LOST);
		assert_int_equal(expect_sane(m), 20);
		dumpfile_close(d);
		mkdump_free(m);
	}
}

static void test_cut(void **state)
{
	static const char *const flattened[] = { "", "flatten 5000\n" };

	for (unsigned i = 0; i < 2; i++) {
		for (int tenths = 1; tenths <= 10; tenths++) {
			char text[400];
			struct mkdump *m;
			long n;

			snprintf(text, sizeof(text), "kdump\n%scut %d\n" PAGES, flattened[i],
				 tenths);
			m = mkdump(text);
			n = expect_sane(m);
			if (tenths == 10)
				assert_int_equal(n, 120);
			else if (!i)
				assert_true(n >= (tenths - 2) * 10);
			mkdump_free(m);
		}
	}
}

/* Where the bitmaps or the table end early, pages are lost, not absent. */
static void test_cut_in_tables(void **state)
{
	static const unsigned lengths[] = { 8192, 8200, 12288, 12300, 16384, 16400, 17000 };

	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct dumpfile *d;
		struct mkdump *m;
		char text[100];

		snprintf(text, sizeof(text), "kdump\npages 600 20 text\ncut-to %u\n", lengths[i]);
		m = mkdump(text);
		d = expect_open(m);
		assert_int_equal(dumpfile_page_state(d, 610), PAGE_LOST);
		assert_true(dumpfile_info(d)->flags & DUMP_TRUNCATED);
		assert_int_equal(expect_sane(m), 0);
		dumpfile_close(d);
		mkdump_free(m);
	}
}

static void probe_all(struct mkdump *m)
{
	struct error e = { 0 };
	struct dumpfile *d = NULL;
	struct dump_reader *r;
	uint64_t counts[PAGE_STATES];
	uint8_t *page = malloc(1 << 18);

	if (dumpfile_open_fd(m->fd, "made", &d, &e) < 0) {
		assert_non_null(strstr(error_text(&e), "made: "));
		free(page);
		return;
	}
	dumpfile_count(d, counts);
	assert_int_equal(dump_reader_new(d, &r), 0);
	for (uint64_t pfn = 0; pfn < 70; pfn++)
		(void)!dump_read(r, pfn * dumpfile_info(d)->page_size, page,
				 dumpfile_info(d)->page_size, &e);
	dump_reader_free(r);
	dumpfile_close(d);
	free(page);
}

/* Every field of the headers, the first page_descs and some data, with numbers that overflow or point outside. */
static void test_damage(void **state)
{
	static const uint64_t values[] = { 0, 1, UINT64_MAX, INT64_MAX, 0x80000000, 0xfffff000 };
	static const unsigned starts[] = { 0, 400, 4096, 16384 };

	for (unsigned s = 0; s < 4; s++) {
		for (unsigned offset = starts[s]; offset < starts[s] + 104; offset += 4) {
			for (unsigned i = 0; i < 6; i++) {
				struct mkdump *m;
				char text[200];

				snprintf(text, sizeof(text),
					 "kdump\ncodec zlib\npages 1 8 text\npages 63 2 text\npoke "
					 "%u %u %lld\n",
					 offset, offset % 8 ? 4 : 8, (long long)values[i]);
				m = mkdump(text);
				probe_all(m);
				mkdump_free(m);
			}
		}
	}
}

/* A header that claims 2^40 pages in bitmaps the file has not is not believed. */
static void test_impossible_size(void **state)
{
	struct mkdump *m = mkdump("kdump\npages 1 60 text\npoke 436 4 0x7fffffff\n"
				  "poke 0x1060 8 0xffffffffff\n");
	struct dumpfile *d = expect_open(m);

	assert_int_equal(dumpfile_info(d)->max_pfn, UINT64_C(1) << 28);
	probe_all(m);
	dumpfile_close(d);
	mkdump_free(m);
}

/* A page count that makes no sense, beside the old one that does. */
static void test_page_count_twice(void **state)
{
	struct mkdump *m = mkdump("kdump\npages 1 60 text\npoke 440 4 61\npoke 0x1060 8 -1\n");

	expect_whole(m);
	mkdump_free(m);
}

static void test_damaged_data(void **state)
{
	struct mkdump *m = mkdump("kdump\ncodec zlib\npages 0 60 text\npoke 0x4600 4 0x12345678\n");
	struct dumpfile *d = expect_open(m);
	struct dump_reader *r;
	struct error e = { 0 };
	unsigned bad = 0;
	uint8_t page[4096];

	assert_int_equal(dump_reader_new(d, &r), 0);
	for (uint64_t pfn = 0; pfn < 60; pfn++) {
		int got = dump_read(r, pfn * 4096, page, sizeof(page), &e);

		if (got == 0)
			continue;
		bad++;
		assert_int_equal(got, -EIO);
		assert_non_null(strstr(error_text(&e), "damaged: "));
	}
	assert_true(bad >= 1 && bad <= 2);
	dump_reader_free(r);
	dumpfile_close(d);
	mkdump_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codecs),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_info_of_versions),
		cmocka_unit_test(test_one_bitmap),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_in_tables),
		cmocka_unit_test(test_impossible_size),
		cmocka_unit_test(test_page_count_twice),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_damaged_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
