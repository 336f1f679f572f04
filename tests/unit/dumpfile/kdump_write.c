/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/kdump_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../test.h"
#include "base/bytes.h"

/* A sink into memory that is full after `room` bytes handed to it. */
struct memory_sink {
	struct sink sink;
	uint8_t *data;
	size_t size, end, room, taken;
};

static int memory_write_at(struct sink *s, const void *data, size_t len, uint64_t offset,
			   struct error *e)
{
	struct memory_sink *m = (struct memory_sink *)s;

	if (len > m->room - m->taken || !range_inside(offset, len, m->size))
		return error_errno(e, -ENOSPC, "memory");
	memcpy(m->data + offset, data, len);
	m->taken += len;
	m->end = MAX(m->end, (size_t)(offset + len));
	return 0;
}

static const struct sink_ops memory_ops = { .write_at = memory_write_at };

static void memory_sink_init(struct memory_sink *m, size_t room)
{
	*m = (struct memory_sink){
		.sink = { .ops = &memory_ops, .name = "memory", .seekable = true },
		.data = calloc(1, MIB(1)),
		.size = MIB(1),
		.room = room,
	};
	assert_non_null(m->data);
}

/* A machine of 40000 pages: two blocks a bitmap, memory in two ranges, four pages kept. */
static const struct dump_range ranges[] = {
	{ .paddr = 0x1000, .size = 0x9000 },
	{ .paddr = 0x8000000, .size = 0x1c40000 },
};
static const uint64_t kept_pfns[] = { 1, 9, 32768, 39999 };

static const struct dump_note notes[] = {
	{ .name = "CORE", .type = 1, .desc = "0123456", .size = 7 },
	{ .name = "CORE", .type = 1, .desc = "0123456", .size = 7 },
	{ .name = "VMCOREINFO", .type = 0, .desc = "OSRELEASE=6\n", .size = 12 },
};

static void meta_init(struct kdump_meta *m, struct bitmap *kept)
{
	assert_int_equal(bitmap_init(kept, 40000), 0);
	for (size_t i = 0; i < ARRAY_SIZE(kept_pfns); i++)
		bitmap_set(kept, kept_pfns[i]);
	*m = (struct kdump_meta){
		.page_size = 4096,
		.level = 31,
		.max_pfn = 40000,
		.phys_base = 0x123456000,
		.crash_time = 1795231159,
		.utsname = { "Linux", "node", "6.1.0", "#1 SMP", "x86_64", "(none)" },
		.codec = codec_by_id(CODEC_ZSTD),
		.notes = notes,
		.note_count = ARRAY_SIZE(notes),
		.ranges = ranges,
		.range_count = ARRAY_SIZE(ranges),
		.kept = kept,
	};
}

#define STATUS 424
#define SUB 4096
#define BITMAP1 (2 * 4096)
#define BITMAP2 (4 * 4096)
#define DESCS (6 * 4096)

static void test_layout(void **state)
{
	_cleanup_(kdump_writer_freep) struct kdump_writer *w = NULL;
	_cleanup_bitmap_ struct bitmap kept = { 0 };
	struct kdump_meta meta;
	struct memory_sink m;
	uint64_t vmcoreinfo;

	memory_sink_init(&m, SIZE_MAX);
	meta_init(&meta, &kept);
	assert_int_equal(kdump_writer_new(&m.sink, &meta, &w, NULL), 0);

	assert_memory_equal(m.data, "KDUMP   ", 8);
	assert_int_equal(le32_get(m.data + 8), 6);
	assert_string_equal((char *)m.data + 12 + 4 * 65, "x86_64");
	assert_int_equal(le64_get(m.data + 408), 1795231159);
	assert_int_equal(le32_get(m.data + STATUS), 0x28);
	assert_int_equal(le32_get(m.data + 428), 4096);
	assert_int_equal(le32_get(m.data + 432), 1);
	assert_int_equal(le32_get(m.data + 436), 4);
	assert_int_equal(le32_get(m.data + 440), 40000);
	assert_int_equal(le32_get(m.data + 460), 2);

	assert_int_equal(le64_get(m.data + SUB), 0x123456000);
	assert_int_equal(le32_get(m.data + SUB + 8), 31);
	assert_int_equal(le64_get(m.data + SUB + 48), SUB + 104);
	assert_int_equal(le64_get(m.data + SUB + 56), 2 * (12 + 8 + 8) + 12 + 12 + 12);
	assert_int_equal(le64_get(m.data + SUB + 96), 40000);
	vmcoreinfo = le64_get(m.data + SUB + 32);
	assert_int_equal(le64_get(m.data + SUB + 40), 12);
	assert_memory_equal(m.data + vmcoreinfo, "OSRELEASE=6\n", 12);

	for (uint64_t pfn = 0; pfn < 40960; pfn++) {
		bool ram = (pfn >= 1 && pfn < 10) || (pfn >= 0x8000 && pfn < 40000);

		if ((m.data[BITMAP1 + pfn / 8] >> pfn % 8 & 1) != ram)
			fail_msg("first bitmap, pfn %llu", (unsigned long long)pfn);
		if ((m.data[BITMAP2 + pfn / 8] >> pfn % 8 & 1) !=
		    (pfn < 40000 && bitmap_get(&kept, pfn)))
			fail_msg("second bitmap, pfn %llu", (unsigned long long)pfn);
	}
	assert_int_equal(kdump_writer_zero(w).offset, DESCS + 4 * 24);
	assert_int_equal(m.end, DESCS + 4 * 24 + 4096);
	free(m.data);
}

static void test_pages_and_finish(void **state)
{
	_cleanup_(kdump_writer_freep) struct kdump_writer *w = NULL;
	_cleanup_bitmap_ struct bitmap kept = { 0 };
	struct kdump_desc desc = { .size = 5, .flags = 0x20 };
	struct kdump_meta meta;
	struct memory_sink m;

	memory_sink_init(&m, SIZE_MAX);
	meta_init(&meta, &kept);
	assert_int_equal(kdump_writer_new(&m.sink, &meta, &w, NULL), 0);
	assert_int_equal(kdump_writer_data(w, "hello", 5, &desc.offset, NULL), 0);
	assert_int_equal(desc.offset, DESCS + 4 * 24 + 4096);
	assert_int_equal(kdump_writer_descs(w, 2, &desc, 1, NULL), 0);
	assert_int_equal(le64_get(m.data + DESCS), 0);
	assert_int_equal(le64_get(m.data + DESCS + 2 * 24), desc.offset);
	assert_int_equal(le32_get(m.data + DESCS + 2 * 24 + 8), 5);
	assert_int_equal(le32_get(m.data + DESCS + 2 * 24 + 12), 0x20);
	assert_int_equal(kdump_writer_descs(w, 3, &desc, 2, NULL), -EINVAL);
	assert_int_equal(kdump_writer_finish(w, false, NULL), 0);
	assert_int_equal(le32_get(m.data + STATUS), 0x20);
	assert_int_equal(kdump_writer_finish(w, true, NULL), 0);
	assert_int_equal(le32_get(m.data + STATUS), 0x28);
	free(m.data);
}

/* Wherever the room ends, the error comes through and what stands there says it is incomplete. */
static void test_full(void **state)
{
	for (size_t room = 0; room < 24000; room += 1000) {
		_cleanup_(kdump_writer_freep) struct kdump_writer *w = NULL;
		_cleanup_bitmap_ struct bitmap kept = { 0 };
		struct kdump_meta meta;
		struct memory_sink m;

		memory_sink_init(&m, room);
		meta_init(&meta, &kept);
		assert_int_equal(kdump_writer_new(&m.sink, &meta, &w, NULL), -ENOSPC);
		if (m.taken)
			assert_int_equal(le32_get(m.data + STATUS), 0x28);
		free(m.data);
	}
}

static void test_refuses_nonsense(void **state)
{
	struct kdump_writer *w = NULL;
	_cleanup_bitmap_ struct bitmap kept = { 0 };
	struct kdump_meta meta;
	struct memory_sink m;

	memory_sink_init(&m, SIZE_MAX);
	meta_init(&meta, &kept);
	meta.page_size = 5000;
	assert_int_equal(kdump_writer_new(&m.sink, &meta, &w, NULL), -EINVAL);
	meta.page_size = 4096;
	meta.max_pfn = 40001;
	assert_int_equal(kdump_writer_new(&m.sink, &meta, &w, NULL), -EINVAL);
	assert_null(w);
	free(m.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_pages_and_finish),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_refuses_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
