/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/printk_impl.h"

#include "../test.h"

/* A made-up memory: the ring buffer's parts at fixed places of one array. */
#define BASE UINT64_C(0xffffffff81000000)
#define MEMORY 0x10000
#define COUNT_BITS 3
#define COUNT (1 << COUNT_BITS)
#define SIZE_BITS 8
#define TEXT_SIZE (1 << SIZE_BITS)

enum { PRB = 0, RING = 0x100, DESCS = 0x1000, INFOS = 0x2000, TEXT = 0x3000, LOG = 0x4000 };
enum { DESC_SIZE = 24, INFO_SIZE = 88 };
enum { STATE_RESERVED, STATE_COMMITTED, STATE_FINALIZED, STATE_REUSABLE };

static const char ring_info[] = "SYMBOL(prb)=ffffffff81000000\n"
				"SIZE(prb_desc)=24\nSIZE(printk_info)=88\n"
				"OFFSET(printk_ringbuffer.desc_ring)=0\n"
				"OFFSET(printk_ringbuffer.text_data_ring)=48\n"
				"OFFSET(prb_desc_ring.count_bits)=0\n"
				"OFFSET(prb_desc_ring.descs)=8\n"
				"OFFSET(prb_desc_ring.infos)=16\n"
				"OFFSET(prb_desc_ring.head_id)=24\n"
				"OFFSET(prb_desc_ring.tail_id)=32\n"
				"OFFSET(prb_desc.state_var)=0\n"
				"OFFSET(prb_desc.text_blk_lpos)=8\n"
				"OFFSET(prb_data_blk_lpos.begin)=0\n"
				"OFFSET(prb_data_blk_lpos.next)=8\n"
				"OFFSET(prb_data_ring.size_bits)=0\n"
				"OFFSET(prb_data_ring.data)=8\n"
				"OFFSET(printk_info.seq)=0\n"
				"OFFSET(printk_info.ts_nsec)=8\n"
				"OFFSET(printk_info.text_len)=16\n"
				"OFFSET(printk_info.caller_id)=20\n"
				"OFFSET(atomic_long_t.counter)=0\n";

static const char log_info[] = "SYMBOL(log_buf)=ffffffff81000000\n"
			       "SYMBOL(log_buf_len)=ffffffff81000008\n"
			       "SYMBOL(log_first_idx)=ffffffff8100000c\n"
			       "SYMBOL(log_next_idx)=ffffffff81000010\n"
			       "SIZE(printk_log)=16\n"
			       "OFFSET(printk_log.ts_nsec)=0\n"
			       "OFFSET(printk_log.len)=8\n"
			       "OFFSET(printk_log.text_len)=10\n"
			       "OFFSET(printk_log.dict_len)=12\n";

static char memory[MEMORY];
static uint64_t lpos;	 /* where the next text block goes */
static unsigned refused; /* reads of what is not there */

static int read_memory(void *user, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	if (vaddr < BASE || !range_inside(vaddr - BASE, len, MEMORY)) {
		refused++;
		return -EFAULT;
	}
	memcpy(buf, memory + (vaddr - BASE), len);
	return 0;
}

static void ring_new(uint64_t tail, uint64_t head)
{
	memset(memory, 0, sizeof(memory));
	lpos = 0;
	le64_put(memory + PRB, BASE + RING);
	le32_put(memory + RING, COUNT_BITS);
	le64_put(memory + RING + 8, BASE + DESCS);
	le64_put(memory + RING + 16, BASE + INFOS);
	le64_put(memory + RING + 24, head);
	le64_put(memory + RING + 32, tail);
	le32_put(memory + RING + 48, SIZE_BITS);
	le64_put(memory + RING + 56, BASE + TEXT);
}

static char *desc_of(uint64_t id)
{
	return memory + DESCS + id % COUNT * DESC_SIZE;
}

static char *info_of(uint64_t id)
{
	return memory + INFOS + id % COUNT * INFO_SIZE;
}

/* Writes a record as the kernel does: a block that would cross the ring's end starts at its beginning. */
static void ring_put(uint64_t id, unsigned state, const char *text)
{
	uint64_t len = strlen(text), block = align_up(8 + len, 8), begin = lpos, data = lpos;

	if (begin % TEXT_SIZE + block > TEXT_SIZE) {
		data = align_up(begin, TEXT_SIZE);
		lpos = data;
	}
	lpos += block;
	le64_put(desc_of(id), (id & ~(UINT64_C(3) << 62)) | (uint64_t)state << 62);
	le64_put(desc_of(id) + 8, begin);
	le64_put(desc_of(id) + 16, lpos);
	le64_put(info_of(id), id);
	le64_put(info_of(id) + 8, id * 1000001000);
	le16_put(info_of(id) + 16, len);
	info_of(id)[18] = 3;
	info_of(id)[19] = (char)(6 << 5);
	le32_put(info_of(id) + 20, id % 2 ? 0x80000001 : 42);
	le64_put(memory + TEXT + data % TEXT_SIZE, id);
	memcpy(memory + TEXT + data % TEXT_SIZE + 8, text, len);
}

struct heard {
	char text[2000];
	int stop_at, count;
	struct printk_record first;
};

static int hear(void *user, const struct printk_record *rec)
{
	struct heard *h = user;
	size_t len = strlen(h->text);

	if (h->count == 0)
		h->first = *rec;
	snprintf(h->text + len, sizeof(h->text) - len, "%d:%.*s|", (int)rec->seq,
		 (int)rec->text_len, rec->text);
	return ++h->count == h->stop_at ? 7 : 0;
}

typedef int (*form)(const struct printk_memory *m, printk_emit emit, void *user,
		    struct printk_stats *stats, struct error *e);

static int listen(form f, const char *info, struct heard *ret, struct printk_stats *stats)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = NULL;
	struct printk_memory m = { .read = read_memory };

	*stats = (struct printk_stats){ 0 };
	assert_int_equal(vmcoreinfo_parse(info, strlen(info), &v, NULL), 0);
	m.vmcoreinfo = v;
	return f(&m, hear, ret, stats, NULL);
}

static void expect_ring(const char *text, uint64_t damaged)
{
	struct heard h = { 0 };
	struct printk_stats stats;

	assert_int_equal(listen(printk_ring_each, ring_info, &h, &stats), 0);
	assert_string_equal(h.text, text);
	assert_int_equal(stats.records, h.count);
	assert_int_equal(stats.damaged, damaged);
}

static void test_ring(void **state)
{
	struct heard h = { 0 };
	struct printk_stats stats;

	ring_new(1, 3);
	ring_put(1, STATE_FINALIZED, "one");
	ring_put(2, STATE_FINALIZED, "");
	ring_put(3, STATE_COMMITTED, "three");
	assert_int_equal(listen(printk_ring_each, ring_info, &h, &stats), 0);
	assert_string_equal(h.text, "1:one|2:|3:three|");
	assert_int_equal(h.first.level, 6);
	assert_int_equal(h.first.facility, 3);
	assert_int_equal(h.first.caller_id, 0x80000001);
	assert_true(h.first.ts_nsec == 1000001000);
	assert_int_equal(stats.records, 3);
}

static void test_ring_wraps(void **state)
{
	ring_new(5, 12);
	for (uint64_t id = 0; id <= 12; id++)
		ring_put(id, STATE_FINALIZED, "0123456789012345678");
	expect_ring("5:0123456789012345678|6:0123456789012345678|7:0123456789012345678|"
		    "8:0123456789012345678|9:0123456789012345678|10:0123456789012345678|"
		    "11:0123456789012345678|12:0123456789012345678|",
		    0);
	/* Ids are 62 bits wide. */
	ring_new((UINT64_C(1) << 62) - 1, 0);
	ring_put((UINT64_C(1) << 62) - 1, STATE_FINALIZED, "last");
	ring_put(0, STATE_FINALIZED, "first");
	expect_ring("-1:last|0:first|", 0);
}

static void test_ring_leaves_out_what_is_no_record(void **state)
{
	ring_new(0, 4);
	ring_put(0, STATE_FINALIZED, "zero");
	ring_put(1, STATE_RESERVED, "being written");
	ring_put(2, STATE_REUSABLE, "gone");
	ring_put(11, STATE_FINALIZED, "another id in 3's place");
	ring_put(4, STATE_FINALIZED, "four");
	expect_ring("0:zero|4:four|", 0);
}

static void test_ring_counts_damage(void **state)
{
	ring_new(0, 3);
	ring_put(0, STATE_FINALIZED, "zero");
	ring_put(1, STATE_FINALIZED, "one");
	ring_put(2, STATE_FINALIZED, "two");
	ring_put(3, STATE_FINALIZED, "three");
	/* A text longer than its block is cut; a block with no room for its id is damage. */
	le16_put(info_of(1) + 16, 60000);
	le64_put(desc_of(2) + 16, le64_get(desc_of(2) + 8) + 1);
	expect_ring("0:zero|1:one|3:three|", 1);
}

static void test_ring_is_bounded(void **state)
{
	struct heard h = { 0 };
	struct printk_stats stats;

	/* Ids further apart than there are descriptors: the newest count. */
	ring_new(0, 1000);
	for (uint64_t id = 993; id <= 1000; id++)
		ring_put(id, STATE_FINALIZED, "x");
	assert_int_equal(listen(printk_ring_each, ring_info, &h, &stats), 0);
	assert_int_equal(h.count, COUNT);

	le32_put(memory + RING, 60);
	assert_int_equal(listen(printk_ring_each, ring_info, &h, &stats), -EINVAL);
	ring_new(0, 1);
	le32_put(memory + RING + 48, 63);
	assert_int_equal(listen(printk_ring_each, ring_info, &h, &stats), -EINVAL);
	ring_new(0, 1);
	le64_put(memory + PRB, 0);
	assert_int_equal(listen(printk_ring_each, ring_info, &h, &stats), -EFAULT);
	/* Every descriptor out of reach: nothing is told, nothing breaks. */
	ring_new(0, 7);
	le64_put(memory + RING + 8, 16);
	h = (struct heard){ 0 };
	assert_int_equal(listen(printk_ring_each, ring_info, &h, &stats), 0);
	assert_int_equal(stats.damaged, 8);
	/* Very many, with ends that make no sense: four reads a page, not two a descriptor. */
	ring_new(0, UINT64_C(1) << 40);
	le32_put(memory + RING, 20);
	le64_put(memory + RING + 8, 0x10000000);
	refused = 0;
	assert_int_equal(listen(printk_ring_each, ring_info, &h, &stats), 0);
	assert_in_range(refused, 1, (DESC_SIZE << 20) / 4096 * 4);
}

static void test_ring_with_impossible_ends(void **state)
{
	static const uint64_t ends[][2] = { { 0, 1234567890 }, { 0x1234, 2 }, { 77, 5 } };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct heard h = { 0 };
		struct printk_stats stats;

		ring_new(ends[i][0], ends[i][1]);
		ring_put((UINT64_C(1) << 62) - 1, STATE_FINALIZED, "a");
		ring_put(0, STATE_FINALIZED, "b");
		ring_put(1, STATE_RESERVED, "being written");
		ring_put(2, STATE_COMMITTED, "c");
		le64_put(desc_of(4), UINT64_C(0x7654321) | UINT64_C(2) << 62);
		assert_int_equal(listen(printk_ring_each, ring_info, &h, &stats), 0);
		assert_string_equal(h.text, "-1:a|0:b|2:c|");
		assert_true(stats.ends_lost);
	}
}

static void test_stops_when_told(void **state)
{
	struct heard h = { .stop_at = 2 };
	struct printk_stats stats;

	ring_new(0, 3);
	for (uint64_t id = 0; id < 4; id++)
		ring_put(id, STATE_FINALIZED, "x");
	assert_int_equal(listen(printk_ring_each, ring_info, &h, &stats), 7);
	assert_int_equal(h.count, 2);
}

/* A record of struct printk_log; returns the offset behind it. */
static uint64_t log_put(uint64_t at, uint64_t ts, const char *text)
{
	uint64_t len = strlen(text), whole = align_up(16 + len, 8);
	char *rec = memory + LOG + at;

	le64_put(rec, ts);
	le16_put(rec + 8, whole);
	le16_put(rec + 10, len);
	rec[15] = (char)(4 << 5);
	memcpy(rec + 16, text, len);
	return at + whole;
}

static void log_new(uint64_t size, uint64_t first, uint64_t next)
{
	le64_put(memory, BASE + LOG);
	le32_put(memory + 8, size);
	le32_put(memory + 12, first);
	le32_put(memory + 16, next);
}

static void test_log(void **state)
{
	struct heard h = { 0 };
	struct printk_stats stats;
	uint64_t end;

	memset(memory, 0, sizeof(memory));
	end = log_put(0, 5, "new");
	log_new(256, 128, end);
	end = log_put(128, 3, "old");
	log_put(end, 4, "newer");
	/* Behind "newer" a length of 0: on at the start. */
	assert_int_equal(listen(printk_log_each, log_info, &h, &stats), 0);
	assert_string_equal(h.text, "0:old|1:newer|2:new|");
	assert_int_equal(h.first.level, 4);
	assert_int_equal(h.first.ts_nsec, 3);
	assert_false(h.first.has_caller);
}

static void test_log_is_bounded(void **state)
{
	struct heard h = { 0 };
	struct printk_stats stats;
	uint64_t end;

	/* next is never met: one round at most. */
	memset(memory, 0, sizeof(memory));
	end = log_put(0, 1, "a");
	log_put(end, 2, "b");
	log_new(256, 0, end + 1);
	assert_int_equal(listen(printk_log_each, log_info, &h, &stats), 0);
	assert_true(h.count <= 10);

	/* A record that ends outside, one shorter than its header: damage, and no way on. */
	for (unsigned len = 1; len < 600; len += 590) {
		memset(memory, 0, sizeof(memory));
		h = (struct heard){ 0 };
		end = log_put(0, 1, "a");
		le16_put(memory + LOG + end + 8, len);
		log_new(256, 0, 200);
		assert_int_equal(listen(printk_log_each, log_info, &h, &stats), 0);
		assert_string_equal(h.text, "0:a|");
		assert_int_equal(stats.damaged, 1);
	}
	log_new(0, 0, 0);
	assert_int_equal(listen(printk_log_each, log_info, &h, &stats), -EINVAL);
	log_new(UINT32_MAX, 0, 8);
	assert_int_equal(listen(printk_log_each, log_info, &h, &stats), -EINVAL);
}

static void test_neither_form(void **state)
{
	struct heard h = { 0 };
	struct printk_stats stats;

	assert_int_equal(listen(printk_ring_each, log_info, &h, &stats), -ENOENT);
	assert_int_equal(listen(printk_log_each, ring_info, &h, &stats), -ENOENT);
}

static void test_text(void **state)
{
	static const struct {
		struct printk_record rec;
		const char *text;
	} cases[] = {
		{ { .ts_nsec = 6860595999, .has_caller = true, .caller_id = 1, .text = "</TASK>" },
		  "[    6.860595] [      T1] </TASK>\n" },
		{ { .ts_nsec = 123456000000789, .text = "a\nb\tc\033" },
		  "[123456.000000] a\n                b\tc\\x1b\n" },
		{ { .has_caller = true, .caller_id = 0x80000003, .text = "\303" },
		  "[    0.000000] [      C3] \\xffffffc3\n" },
		{ { .text = "" }, "[    0.000000] \n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf b = { 0 };
		struct printk_record rec = cases[i].rec;

		rec.text_len = strlen(rec.text);
		assert_int_equal(printk_format(&b, &rec), 0);
		assert_string_equal(b.data, cases[i].text);
	}
}

static void test_text_that_does_not_fit(void **state)
{
	_cleanup_buf_ struct buf b = { .limit = 40 };
	struct printk_record rec = { .text = "0123456789", .text_len = 10 };

	assert_int_equal(printk_format(&b, &rec), 0);
	assert_int_equal(printk_format(&b, &rec), -E2BIG);
	assert_string_equal(b.data, "[    0.000000] 0123456789\n");
}

/* The last words count: what does not fit is given up from the front, in whole lines. */
static void test_oldest_text_is_cut(void **state)
{
	_cleanup_buf_ struct buf b = { .limit = 100 };
	struct printk_text t = { .buf = &b };
	char message[20];
	struct printk_record rec = { .text = message };

	for (int i = 0; i < 50; i++) {
		rec.text_len = snprintf(message, sizeof(message), "%02d", i);
		assert_int_equal(printk_text_append(&t, &rec), 0);
	}
	assert_int_equal(b.len % 18, 0);
	assert_int_equal(b.len + t.cut, 50 * 18);
	assert_memory_equal(b.data, "[    0.000000] ", 15);
	assert_string_equal(b.data + b.len - 3, "49\n");
	/* Longer than all the room there is. */
	b.limit = 10;
	rec.text_len = sizeof(message);
	assert_int_equal(printk_text_append(&t, &rec), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ring),
		cmocka_unit_test(test_ring_wraps),
		cmocka_unit_test(test_ring_leaves_out_what_is_no_record),
		cmocka_unit_test(test_ring_counts_damage),
		cmocka_unit_test(test_ring_is_bounded),
		cmocka_unit_test(test_ring_with_impossible_ends),
		cmocka_unit_test(test_stops_when_told),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_log_is_bounded),
		cmocka_unit_test(test_neither_form),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_text_that_does_not_fit),
		cmocka_unit_test(test_oldest_text_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
