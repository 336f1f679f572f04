/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/device_dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../test.h"
#include "base/io.h"
#include "dumpfile/kdump_write.h"
#include "expect.h"

#define SIZE 200001
#define PAGES "pages 1 8 text\n"
#define DUMP PAGES "device-dump eth0_firmware 200001\n"

static void expect_content(const struct dumpfile *d)
{
	const struct dump_note *n = device_dump_at(d, 0);
	int fd = memfd_create("out", MFD_CLOEXEC);
	uint8_t *bytes = malloc(SIZE);
	char name[DEVICE_DUMP_NAME_SIZE + 1];

	assert_non_null(n);
	assert_null(device_dump_at(d, 1));
	assert_true(n->size == DEVICE_DUMP_NAME_SIZE);
	assert_int_equal(device_dump_size(n), SIZE);
	device_dump_name(n, name);
	assert_string_equal(name, "eth0_firmware");
	assert_int_equal(device_dump_write(d, n, fd, NULL), 0);
	assert_int_equal(pread(fd, bytes, SIZE, 0), SIZE);
	for (size_t i = 0; i < SIZE; i++)
		if (bytes[i] != (uint8_t)(i * 7))
			fail_msg("byte %zu is %#x", i, bytes[i]);
	assert_int_equal(dumpfile_note_read(d, n, n->size + n->rest, bytes, 1, NULL), -ENODATA);
	assert_non_null(dumpfile_note(d, "VMCOREINFO", UINT32_MAX));
	assert_int_equal(dumpfile_note(d, "CORE", 1)->rest, 0);
	free(bytes);
	close(fd);
}

static void test_read(void **state)
{
	static const char *const dumps[] = { "elf\n" DUMP, "elf\nbig-endian\nword 4\n" DUMP,
					     "kdump\n" DUMP, "elf\nflatten 5000\n" DUMP };

	for (size_t i = 0; i < ARRAY_SIZE(dumps); i++) {
		struct mkdump *m = mkdump(dumps[i]);
		struct dumpfile *d = expect_open(m);
		const char *const *damage;

		expect_content(d);
		assert_int_equal(dumpfile_damage(d, &damage), 0);
		dumpfile_close(d);
		expect_whole(m);
		mkdump_free(m);
	}
}

/* The dump written anew, without any page; closed by the caller. */
static struct dumpfile *copy_of(const struct dumpfile *d)
{
	int fd = memfd_create("copy", MFD_CLOEXEC), reading = dup(fd);
	struct kdump_meta meta = { .page_size = 4096, .codec = codec_by_id(CODEC_NONE), .dump = d };
	_cleanup_(kdump_writer_freep) struct kdump_writer *w = NULL;
	_cleanup_bitmap_ struct bitmap kept = { 0 };
	_cleanup_sink_ struct sink *sink = NULL;
	struct dumpfile *copy;

	meta.max_pfn = dumpfile_info(d)->max_pfn;
	meta.note_count = dumpfile_notes(d, &meta.notes);
	meta.range_count = dumpfile_ranges(d, &meta.ranges);
	assert_int_equal(bitmap_init(&kept, meta.max_pfn), 0);
	meta.kept = &kept;
	assert_int_equal(sink_fd_new(fd, "copy", &sink, NULL), 0);
	assert_int_equal(kdump_writer_new(sink, &meta, &w, NULL), 0);
	assert_int_equal(kdump_writer_finish(w, false, NULL), 0);
	assert_int_equal(dumpfile_open_fd(reading, "copy", &copy, NULL), 0);
	close(reading);
	return copy;
}

static void test_written_again(void **state)
{
	struct mkdump *m = mkdump("elf\n" DUMP);
	struct dumpfile *d = expect_open(m), *copy = copy_of(d), *third;

	expect_content(copy);
	assert_memory_equal(dumpfile_note(copy, "VMCOREINFO", UINT32_MAX)->desc,
			    dumpfile_note(d, "VMCOREINFO", UINT32_MAX)->desc, 20);
	/* from a compressed dump, with the note behind the others */
	third = copy_of(copy);
	expect_content(third);
	dumpfile_close(third);
	dumpfile_close(copy);
	dumpfile_close(d);
	mkdump_free(m);
}

/* What a hostile size makes of the first note: a device dump or not, never bytes from elsewhere. */
static void test_sizes(void **state)
{
	static const struct {
		uint32_t size;
		bool found;
	} rows[] = { { 0, false },	    { 43, false },	  { 44, true },
		     { 45, true },	    { SIZE + 44, true },  { SIZE + 48, false },
		     { 0x7fffffff, false }, { 0xffffffff, false } };
	struct mkdump *m = mkdump("elf\n" DUMP);
	struct dumpfile *d = expect_open(m);
	uint64_t header = device_dump_at(d, 0)->offset - 20;

	dumpfile_close(d);
	mkdump_free(m);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[256];
		uint8_t last;

		snprintf(text, sizeof(text), "elf\n" DUMP "poke %llu 4 %u\n",
			 (unsigned long long)header + 4, rows[i].size);
		m = mkdump(text);
		if (dumpfile_open_fd(m->fd, "poked", &d, NULL) == 0) {
			const struct dump_note *n = device_dump_at(d, 0);

			if (rows[i].found && !n)
				fail_msg("%u bytes: no device dump", rows[i].size);
			if (n && rows[i].found)
				assert_int_equal(device_dump_size(n), rows[i].size - 44);
			if (n && n->rest)
				assert_int_equal(dumpfile_note_read(d, n, n->size + n->rest - 1,
								    &last, 1, NULL),
						 0);
			dumpfile_close(d);
		}
		mkdump_free(m);
	}
}

static void test_long_name(void **state)
{
	struct mkdump *m =
		mkdump("elf\n" PAGES "device-dump 0123456789012345678901234567890123456789"
		       "0123456789 5\n");
	struct dumpfile *d = expect_open(m);
	char name[DEVICE_DUMP_NAME_SIZE + 1];

	device_dump_name(device_dump_at(d, 0), name);
	assert_string_equal(name, "01234567890123456789012345678901234567890123");
	dumpfile_close(d);
	mkdump_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_written_again),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_long_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
