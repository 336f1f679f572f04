/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/page.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#include "../test.h"

#define SIZE 64
#define PAGES 1024

/* Offsets are the same in all these kernels; what they mean is not. */
enum { FLAGS = 0, COMPOUND = 8, DTOR = 16, ORDER = 17, MAPPING = 24, PRIVATE = 40, MAPCOUNT = 48 };

#define COMMON                                                                                     \
	"SIZE(page)=64\nOFFSET(page.flags)=0\nOFFSET(page.mapping)=24\nOFFSET(page._mapcount)="    \
	"48\n"                                                                                     \
	"OFFSET(page.private)=40\nLENGTH(zone.free_area)=11\n"
#define OLD_FLAGS                                                                                  \
	"NUMBER(PG_lru)=4\nNUMBER(PG_private)=13\nNUMBER(PG_swapcache)=10\nNUMBER(PG_swapbacked)=" \
	"19\n"                                                                                     \
	"NUMBER(PG_slab)=9\nNUMBER(PG_hwpoison)=23\nNUMBER(PG_head_mask)=65536\n"
#define NEW_FLAGS                                                                                  \
	"NUMBER(PG_lru)=5\nNUMBER(PG_private)=14\nNUMBER(PG_swapcache)=10\nNUMBER(PG_swapbacked)=" \
	"17\n"                                                                                     \
	"NUMBER(PG_hwpoison)=21\nNUMBER(PG_head_mask)=64\n"
#define OLD_TYPES                                                                                  \
	"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257\n"
#define NEW_TYPES                                                                                  \
	"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-"      \
	"251658240\n"                                                                              \
	"NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)=-201326592\nNUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-"       \
	"184549376\n"

/* A generation: its vmcoreinfo, its flags, and how it marks a hugetlb page and an order. */
static const struct generation {
	const char *name, *text;
	uint64_t lru, private, swapcache, swapbacked, hwpoison, slab, head;
	uint32_t buddy, offline, hugetlb_type, slab_type, unaccepted;
	bool order_in_flags;
	uint64_t hugetlb_flag;
	uint8_t dtor;
} generations[] = {
	{
		.name = "5.10",
		.text = COMMON OLD_FLAGS OLD_TYPES "OFFSET(page.compound_head)=8\n"
						   "OFFSET(page.compound_dtor)=16\n"
						   "OFFSET(page.compound_order)=17\n"
						   "NUMBER(HUGETLB_PAGE_DTOR)=2\n",
		.lru = 1 << 4,
		.private = 1 << 13,
		.swapcache = 1 << 10,
		.swapbacked = 1 << 19,
		.hwpoison = 1 << 23,
		.slab = 1 << 9,
		.head = 1 << 16,
		.buddy = -129,
		.offline = -257,
		.dtor = 2,
	},
	{
		.name = "6.3",
		.text = COMMON OLD_FLAGS OLD_TYPES "OFFSET(page.compound_head)=8\n"
						   "OFFSET(folio._folio_dtor)=80\n"
						   "OFFSET(folio._folio_order)=81\n"
						   "NUMBER(HUGETLB_PAGE_DTOR)=2\n",
		.lru = 1 << 4,
		.private = 1 << 13,
		.swapcache = 1 << 10,
		.swapbacked = 1 << 19,
		.hwpoison = 1 << 23,
		.slab = 1 << 9,
		.head = 1 << 16,
		.buddy = -129,
		.offline = -257,
		.dtor = 2,
	},
	{
		.name = "6.6",
		.text = COMMON OLD_FLAGS OLD_TYPES "OFFSET(page.compound_head)=8\n"
						   "NUMBER(PG_hugetlb)=8\n",
		.lru = 1 << 4,
		.private = 1 << 13,
		.swapcache = 1 << 10,
		.swapbacked = 1 << 19,
		.hwpoison = 1 << 23,
		.slab = 1 << 9,
		.head = 1 << 16,
		.buddy = -129,
		.offline = -257,
		.order_in_flags = true,
		.hugetlb_flag = 1 << 8,
	},
	{
		.name = "6.10",
		.text = COMMON NEW_FLAGS OLD_TYPES "OFFSET(page.compound_head)=8\n"
						   "NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)=-2049\n"
						   "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-4097\n",
		.lru = 1 << 5,
		.private = 1 << 14,
		.swapcache = 1 << 10,
		.swapbacked = 1 << 17,
		.hwpoison = 1 << 21,
		.head = 1 << 6,
		.buddy = -129,
		.offline = -257,
		.hugetlb_type = -2049,
		.slab_type = -4097,
		.order_in_flags = true,
	},
	{
		.name = "6.12",
		.text = COMMON NEW_FLAGS NEW_TYPES "OFFSET(page.compound_head)=8\n",
		.lru = 1 << 5,
		.private = 1 << 14,
		.swapcache = 1 << 10,
		.swapbacked = 1 << 17,
		.hwpoison = 1 << 21,
		.head = 1 << 6,
		.buddy = 0xf0000000,
		.offline = 0xf1000000,
		.hugetlb_type = 0xf4000000,
		.slab_type = 0xf5000000,
		.order_in_flags = true,
	},
	{
		.name = "7.1",
		.text = COMMON NEW_FLAGS NEW_TYPES
		"OFFSET(page.compound_info)=8\nNUMBER(PAGE_UNACCEPTED_MAPCOUNT_VALUE)=-150994944\n",
		.lru = 1 << 5,
		.private = 1 << 14,
		.swapcache = 1 << 10,
		.swapbacked = 1 << 17,
		.hwpoison = 1 << 21,
		.head = 1 << 6,
		.buddy = 0xf0000000,
		.offline = 0xf1000000,
		.hugetlb_type = 0xf4000000,
		.slab_type = 0xf5000000,
		.unaccepted = 0xf7000000,
		.order_in_flags = true,
	},
};

static char memory[PAGES][SIZE];

static struct page_rules *rules_of(const char *text)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = NULL;
	struct page_rules *r = NULL;

	assert_int_equal(vmcoreinfo_parse(text, strlen(text), &v, NULL), 0);
	assert_int_equal(page_rules_new(v, &r, NULL), 0);
	return r;
}

static void clear(void)
{
	memset(memory, 0, sizeof(memory));
	for (unsigned i = 0; i < PAGES; i++)
		le32_put(memory[i] + MAPCOUNT, -1);
}

static void set(unsigned pfn, uint64_t flags, uint64_t mapping, uint32_t mapcount)
{
	le64_put(memory[pfn] + FLAGS, flags);
	le64_put(memory[pfn] + MAPPING, mapping);
	le32_put(memory[pfn] + MAPCOUNT, mapcount);
}

static void compound(const struct generation *g, unsigned pfn, unsigned order, uint8_t dtor)
{
	le64_put(memory[pfn] + FLAGS, le64_get(memory[pfn] + FLAGS) | g->head);
	for (unsigned i = 1; i < 1u << order; i++)
		le64_put(memory[pfn + i] + COMPOUND, 0xffffea0000000001);
	if (g->order_in_flags) {
		le64_put(memory[pfn + 1] + FLAGS, order);
	} else {
		memory[pfn + 1][ORDER] = (char)order;
		memory[pfn + 1][DTOR] = (char)dtor;
	}
}

static void expect(const struct page_rules *r, unsigned pfn, enum page_class class, uint64_t pages)
{
	struct page_verdict v = page_judge(r, memory[pfn], PAGES - pfn, NULL, pfn);

	assert_int_equal(v.class, class);
	assert_int_equal(v.pages, pages);
}

static void test_single_pages(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(generations); i++) {
		const struct generation *g = &generations[i];
		_cleanup_(page_rules_freep) struct page_rules *r = rules_of(g->text);

		clear();
		expect(r, 0, PAGE_KERNEL, 1);
		set(1, g->lru, 0xffff888000001000, 0);
		expect(r, 1, PAGE_CACHE, 1);
		set(2, g->lru | g->private, 0xffff888000001000, 3);
		expect(r, 2, PAGE_CACHE_PRIVATE, 1);
		set(3, g->lru | g->swapbacked, 0xffff888000001001, 0);
		expect(r, 3, PAGE_USER, 1);
		set(4, g->swapcache | g->swapbacked, 0, -1);
		expect(r, 4, PAGE_CACHE, 1);
		/* The bit means something else where the page is not backed by swap. */
		set(5, g->swapcache, 0, -1);
		expect(r, 5, PAGE_KERNEL, 1);
		set(6, g->hwpoison, 0, -1);
		expect(r, 6, PAGE_HWPOISON, 1);
		set(7, 0, 0, g->offline);
		expect(r, 7, PAGE_OFFLINE, 1);
		/* A type nobody here knows is the kernel's, whatever else it looks like. */
		set(8, g->lru, 0xffff888000001001, 0xf8000000);
		expect(r, 8, PAGE_KERNEL, 1);
		/* Never initialised: every flag is set. */
		set(9, UINT64_MAX, UINT64_MAX, UINT32_MAX);
		expect(r, 9, PAGE_KERNEL, 1);
	}
}

/* In 6.2 and later the count of a slab's free objects lies where others have their mapping. */
static void test_slab_is_never_anonymous(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(generations); i++) {
		const struct generation *g = &generations[i];
		_cleanup_(page_rules_freep) struct page_rules *r = rules_of(g->text);

		clear();
		set(8, g->slab, 3, g->slab ? (uint32_t)-1 : g->slab_type);
		compound(g, 8, 3, 0);
		for (unsigned pfn = 8; pfn < 16; pfn++) {
			le64_put(memory[pfn] + MAPPING, 3);
			expect(r, pfn, PAGE_KERNEL, 1);
		}
	}
}

static void test_free_blocks(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(generations); i++) {
		const struct generation *g = &generations[i];
		_cleanup_(page_rules_freep) struct page_rules *r = rules_of(g->text);

		clear();
		set(64, 0, 0, g->buddy);
		le64_put(memory[64] + PRIVATE, 6);
		expect(r, 64, PAGE_FREE, 64);
		/* No block of that order can start there, nor is there such an order. */
		le64_put(memory[64] + PRIVATE, 7);
		expect(r, 64, PAGE_KERNEL, 1);
		le64_put(memory[64] + PRIVATE, 11);
		expect(r, 64, PAGE_KERNEL, 1);
		le64_put(memory[64] + PRIVATE, UINT64_MAX);
		expect(r, 64, PAGE_KERNEL, 1);
		if (g->unaccepted) {
			set(0, 0, 0, g->unaccepted);
			expect(r, 0, PAGE_FREE, 1024);
		}
	}
}

static void test_compound_pages(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(generations); i++) {
		const struct generation *g = &generations[i];
		_cleanup_(page_rules_freep) struct page_rules *r = rules_of(g->text);

		clear();
		set(512, g->lru | g->swapbacked, 0xffff888000001001, 0);
		compound(g, 512, 9, 0);
		expect(r, 512, PAGE_USER, 512);
		expect(r, 513, PAGE_KERNEL, 1);
		set(16, g->lru | g->private, 0xffff888000001000, 0);
		compound(g, 16, 4, 0);
		expect(r, 16, PAGE_CACHE_PRIVATE, 16);
		/* A tail looks anonymous and is judged by its head alone. */
		le64_put(memory[17] + MAPPING, 0xffff888000001003);
		expect(r, 17, PAGE_KERNEL, 1);
		/* The last page is no tail: the order is wrong. */
		le64_put(memory[31] + COMPOUND, 0);
		expect(r, 16, PAGE_CACHE_PRIVATE, 1);
		/* Not aligned to its order. */
		set(40, g->lru, 0xffff888000001000, 0);
		compound(g, 40, 4, 0);
		expect(r, 40, PAGE_CACHE, 1);
	}
}

static void test_order_from_next(void **state)
{
	const struct generation *g = &generations[0];
	_cleanup_(page_rules_freep) struct page_rules *r = rules_of(g->text);
	struct page_verdict v;

	clear();
	set(32, g->lru, 0xffff888000001000, 0);
	compound(g, 32, 5, 0);
	v = page_judge(r, memory[32], 1, memory[33], 32);
	assert_int_equal(v.pages, 32);
	v = page_judge(r, memory[32], 1, NULL, 32);
	assert_int_equal(v.class, PAGE_CACHE);
	assert_int_equal(v.pages, 1);
}

static void test_hugetlb(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(generations); i++) {
		const struct generation *g = &generations[i];
		_cleanup_(page_rules_freep) struct page_rules *r = rules_of(g->text);

		clear();
		/* In the pool, mapped by nobody: no flag, no mapping. */
		set(512, 0, 0, g->hugetlb_type ? g->hugetlb_type : (uint32_t)-1);
		compound(g, 512, 9, g->dtor);
		if (g->hugetlb_flag)
			le64_put(memory[513] + FLAGS, 9 | g->hugetlb_flag);
		expect(r, 512, PAGE_USER, 512);
		le64_put(memory[512] + FLAGS, g->head | g->hwpoison);
		expect(r, 512, PAGE_HWPOISON, 512);
		/* A compound page of the kernel looks alike but for the mark. */
		clear();
		compound(g, 512, 9, 1);
		expect(r, 512, PAGE_KERNEL, 1);
	}
}

/* Since 6.12 the low three bytes of a typed page's word belong to whoever uses the page. */
static void test_type_in_the_top_byte(void **state)
{
	const struct generation *g = &generations[4];
	_cleanup_(page_rules_freep) struct page_rules *r = rules_of(g->text);

	clear();
	set(1, 0, 3, g->slab_type | 0x1234);
	expect(r, 1, PAGE_KERNEL, 1);
	set(2, 0, 0, g->offline | 1);
	expect(r, 2, PAGE_OFFLINE, 1);
}

/* Without a way to tell tails or slab, nothing that rests on them may be left out. */
static void test_in_doubt_pages_are_kept(void **state)
{
	static const char *const texts[] = {
		COMMON NEW_FLAGS NEW_TYPES,
		COMMON "NUMBER(PG_lru)=5\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\n"
		       "OFFSET(page.compound_info)=8\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_(page_rules_freep) struct page_rules *r = rules_of(texts[i]);

		clear();
		set(1, 1 << 5, 0xffff888000001000, 0);
		expect(r, 1, PAGE_KERNEL, 1);
		set(2, 1 << 5, 0xffff888000001001, 0);
		expect(r, 2, PAGE_KERNEL, 1);
		set(4, 0, 0, 0xf0000000);
		le64_put(memory[4] + PRIVATE, 2);
		expect(r, 4, PAGE_FREE, 4);
	}
}

static void test_rules_need_a_struct_page(void **state)
{
	static const char *const bad[] = {
		"OFFSET(page.flags)=0\n",
		"SIZE(page)=0\nOFFSET(page.flags)=0\n",
		"SIZE(page)=64\nOFFSET(page.flags)=60\n",
		"SIZE(page)=65536\nOFFSET(page.flags)=0\n",
		"SIZE(page)=64\nOFFSET(page.flags)=18446744073709551615\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = NULL;
		struct page_rules *r = NULL;

		assert_int_equal(vmcoreinfo_parse(bad[i], strlen(bad[i]), &v, NULL), 0);
		assert_int_equal(page_rules_new(v, &r, NULL), -EINVAL);
		assert_null(r);
	}
}

struct run {
	uint64_t pfn, count;
	enum page_class class;
};

struct runs {
	struct run at[16];
	size_t count;
};

static void take_run(void *user, uint64_t pfn, uint64_t count, enum page_class class)
{
	struct runs *runs = user;

	assert_true(runs->count < ARRAY_SIZE(runs->at));
	runs->at[runs->count++] = (struct run){ pfn, count, class };
}

static void test_scan_merges_and_overhangs(void **state)
{
	const struct generation *g = &generations[5];
	_cleanup_(page_rules_freep) struct page_rules *r = rules_of(g->text);
	struct runs runs = { 0 };
	uint64_t next = 0;
	static const struct run expected[] = {
		{ 4098, 3, PAGE_CACHE },
		{ 4101, 1, PAGE_USER },
		{ 4104, 8, PAGE_FREE },
		{ 4608, 512, PAGE_USER },
	};

	clear();
	for (unsigned pfn = 2; pfn < 5; pfn++)
		set(pfn, g->lru, 0xffff888000001000, 0);
	set(5, g->lru, 0xffff888000001001, 0);
	for (unsigned pfn = 8; pfn < 16; pfn += 4) {
		set(pfn, 0, 0, g->buddy);
		le64_put(memory[pfn] + PRIVATE, 2);
	}
	set(512, g->lru, 0xffff888000001001, 0);
	compound(g, 512, 9, 0);

	page_scan(r, memory, 520, memory[520], 4096, NULL, take_run, &runs, &next);
	assert_int_equal(runs.count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < runs.count; i++) {
		assert_int_equal(runs.at[i].pfn, expected[i].pfn);
		assert_int_equal(runs.at[i].count, expected[i].count);
		assert_int_equal(runs.at[i].class, expected[i].class);
	}
	assert_int_equal(next, 4096 + 1024);
}

/* A free block with poison at its head and in the middle, an anonymous page with poison behind the end of what is lent first. */
static void test_scan_looks_into_blocks(void **state)
{
	const struct generation *g = &generations[0];
	_cleanup_(page_rules_freep) struct page_rules *r = rules_of(g->text);
	struct runs runs = { 0 };
	struct page_verdict inside = { 0 };
	uint64_t next = 4096;
	static const struct run expected[] = {
		{ 4104, 1, PAGE_HWPOISON }, { 4105, 3, PAGE_FREE },   { 4108, 1, PAGE_HWPOISON },
		{ 4109, 3, PAGE_FREE },	    { 4608, 2, PAGE_USER },   { 4610, 298, PAGE_USER },
		{ 4908, 1, PAGE_HWPOISON }, { 4909, 211, PAGE_USER },
	};

	clear();
	set(8, g->hwpoison, 0, g->buddy);
	le64_put(memory[8] + PRIVATE, 3);
	set(12, g->hwpoison, 0, -1);
	set(512, g->lru, 0xffff888000001001, 0);
	compound(g, 512, 9, 0);
	le64_put(memory[812] + FLAGS, g->hwpoison);

	expect(r, 8, PAGE_FREE, 8);
	page_scan(r, memory, 514, memory[514], next, &inside, take_run, &runs, &next);
	assert_int_equal(next, 4096 + 514);
	page_scan(r, memory[514], 510, NULL, next, &inside, take_run, &runs, &next);
	assert_int_equal(next, 4096 + 1024);
	assert_int_equal(inside.pages, 0);
	assert_int_equal(runs.count, ARRAY_SIZE(expected));
	for (size_t i = 0; i < runs.count; i++) {
		assert_int_equal(runs.at[i].pfn, expected[i].pfn);
		assert_int_equal(runs.at[i].count, expected[i].count);
		assert_int_equal(runs.at[i].class, expected[i].class);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_single_pages),
		cmocka_unit_test(test_slab_is_never_anonymous),
		cmocka_unit_test(test_free_blocks),
		cmocka_unit_test(test_compound_pages),
		cmocka_unit_test(test_order_from_next),
		cmocka_unit_test(test_hugetlb),
		cmocka_unit_test(test_type_in_the_top_byte),
		cmocka_unit_test(test_in_doubt_pages_are_kept),
		cmocka_unit_test(test_rules_need_a_struct_page),
		cmocka_unit_test(test_scan_merges_and_overhangs),
		cmocka_unit_test(test_scan_looks_into_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
