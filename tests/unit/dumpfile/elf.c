/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../test.h"
#include "expect.h"

#define PAGES                                                                                      \
	"pages 1 30 text\npages 31 9 excluded\npages 50 14 noise\npages 64 1 zero\npages 200 3 "   \
	"text\n"

static void whole(const char *description)
{
	struct mkdump *m = mkdump(description);

	expect_whole(m);
	mkdump_free(m);
}

static void test_classes_and_orders(void **state)
{
	char text[400];

	for (unsigned word = 4; word <= 8; word += 4) {
		for (unsigned big = 0; big < 2; big++) {
			snprintf(text, sizeof(text), "elf\n%sword %u\n" PAGES,
				 big ? "big-endian\n" : "", word);
			whole(text);
		}
	}
	whole("elf\nxnum\n" PAGES);
	whole("elf\npage-size 65536\n" PAGES);
	whole("elf\noverlap 10 5\n" PAGES);
	whole("elf\noverlap 1 30\nxnum\n" PAGES);
}

static void test_info_and_notes(void **state)
{
	struct mkdump *m = mkdump("elf\nincomplete\nmachine 183\n" PAGES);
	struct dumpfile *d = expect_open(m);
	const struct dump_note *n = dumpfile_note(d, "VMCOREINFO", UINT32_MAX);
	const struct dump_range *r;

	assert_int_equal(dumpfile_info(d)->machine, 183);
	assert_int_equal(dumpfile_info(d)->flags, DUMP_INCOMPLETE);
	assert_int_equal(dumpfile_info(d)->dump_level, -1);
	assert_non_null(n);
	assert_memory_equal(n->desc, "OSRELEASE=6.1.0-test\n", 21);
	assert_ptr_equal(dumpfile_note(d, "VMCOREINFO", 0), n);
	assert_null(dumpfile_note(d, "VMCOREINFO", 1));
	assert_int_equal(dumpfile_note(d, "CORE", 1)->size, 336);
	assert_int_equal(dumpfile_ranges(d, &r), 3);
	assert_int_equal(r[0].paddr, 4096);
	assert_int_equal(r[0].size, 39 * 4096);
	assert_true(r[0].vaddr == 0xffff888000001000);
	dumpfile_close(d);
	mkdump_free(m);
}

/* Memory that begins and ends amid a page: the rest of the page reads as zeros. */
static void test_unaligned(void **state)
{
	struct mkdump *m = mkdump("elf\nunaligned\npages 1 4 text\n");
	struct dumpfile *d = expect_open(m);
	uint8_t page[4096], wanted[4096];
	struct dump_reader *r;

	assert_int_equal(dump_reader_new(d, &r), 0);
	assert_int_equal(dumpfile_page_state(d, 1), PAGE_PRESENT);
	assert_int_equal(dumpfile_page_state(d, 4), PAGE_PRESENT);
	mkdump_page(1, MK_TEXT, wanted, sizeof(wanted));
	memset(wanted, 0, 2048);
	assert_int_equal(dump_read(r, 4096, page, sizeof(page), NULL), 0);
	assert_memory_equal(page, wanted, sizeof(page));
	mkdump_page(4, MK_TEXT, wanted, sizeof(wanted));
	memset(wanted + 2048, 0, 2048);
	assert_int_equal(dump_read(r, 4 * 4096, page, sizeof(page), NULL), 0);
	assert_memory_equal(page, wanted, sizeof(page));
	dump_reader_free(r);
	dumpfile_close(d);
	mkdump_free(m);
}

static void test_cut(void **state)
{
	long before = -1;

	for (int tenths = 1; tenths <= 10; tenths++) {
		char text[300];
		struct mkdump *m;
		long n;

		snprintf(text, sizeof(text), "elf\ncut %d\n" PAGES, tenths);
		m = mkdump(text);
		n = expect_sane(m);
		assert_true(n >= before);
		before = n;
		mkdump_free(m);
	}
	assert_int_equal(before, 48);
}

/* What was cut off from the memory around the kernel is still in the kernel's own segment in front. */
static void test_cut_but_overlapped(void **state)
{
	struct mkdump *m = mkdump("elf\noverlap 25 5\ncut 3\n" PAGES);
	struct dumpfile *d = expect_open(m);

	assert_int_equal(dumpfile_page_state(d, 24), PAGE_LOST);
	assert_int_equal(dumpfile_page_state(d, 25), PAGE_PRESENT);
	assert_int_equal(dumpfile_page_state(d, 29), PAGE_PRESENT);
	assert_int_equal(dumpfile_page_state(d, 30), PAGE_LOST);
	assert_true(dumpfile_info(d)->flags & DUMP_TRUNCATED);
	assert_true(expect_sane(m) > 5);
	dumpfile_close(d);
	mkdump_free(m);
}

/* Each byte of the headers and notes in turn, and some values at once. */
static void test_damage(void **state)
{
	static const uint64_t values[] = { 0, 0xff, 0x80, 0x7f };

	for (unsigned offset = 0; offset < 600; offset++) {
		for (unsigned i = 0; i < 4; i++) {
			struct error e = { 0 };
			struct dumpfile *d = NULL;
			struct mkdump *m;
			char text[100];
			uint64_t counts[PAGE_STATES];

			snprintf(text, sizeof(text),
				 "elf\npages 1 2 text\npages 9 1 zero\npoke %u 1 %llu\n", offset,
				 (unsigned long long)values[i]);
			m = mkdump(text);
			if (dumpfile_open_fd(m->fd, "made", &d, &e) == 0)
				dumpfile_count(d, counts);
			else
				assert_non_null(strstr(error_text(&e), "made: "));
			dumpfile_close(d);
			mkdump_free(m);
		}
	}
}

static void refused(const char *description, const char *reason)
{
	struct mkdump *m = mkdump(description);
	struct error e = { 0 };
	struct dumpfile *d = NULL;

	assert_int_equal(dumpfile_open_fd(m->fd, "made", &d, &e), -EINVAL);
	if (!strstr(error_text(&e), reason))
		fail_msg("'%s' does not say '%s'", error_text(&e), reason);
	mkdump_free(m);
}

static void test_refused(void **state)
{
	refused("elf\npages 1 1 text\ncut-to 30\n", "ends inside its ELF header");
	refused("elf\npages 1 1 text\ncut-to 3\n", "not a dump");
	refused("elf\npages 1 1 text\npoke 0 4 0xfd2fb528\n", "packed with zstd");
	refused("elf\npages 1 1 text\npoke 16 1 2\n", "no core dump");
	refused("elf\npages 1 1 text\npoke 4 1 9\n", "unknown class");
	refused("elf\npages 1 1 text\npoke 56 1 1\n", "no segment of memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes_and_orders),
		cmocka_unit_test(test_info_and_notes),
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_cut_but_overlapped),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
