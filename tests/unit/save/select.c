/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/select.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../kernel/fake.h"
#include "../test.h"
#include "base/bytes.h"
#include "save/save.h"

/* The machine's memory is pfns 4096 to 6143; their struct pages are at 22 MiB, mapped at VMEMMAP. */
#define FIRST 4096
#define LAST 6143
#define VMEMMAP UINT64_C(0xffffea0000000000)
#define STRUCTS (FAKE_PADDR + MIB(6))
#define SECTION_PAGES 256
#define PRESENT 1
#define HAS_MEM_MAP 2

/* Struct page of 6.1, as in the rules' own test. */
enum { FLAGS = 0, COMPOUND = 8, DTOR = 16, ORDER = 17, MAPPING = 24, PRIVATE = 40, MAPCOUNT = 48 };
#define LRU (1 << 4)
#define PG_PRIVATE (1 << 13)
#define HWPOISON (1 << 23)
#define HEAD (1 << 16)
#define BUDDY ((uint32_t)-129)

static const char info[] =
	"SIZE(page)=64\nOFFSET(page.flags)=0\nOFFSET(page.mapping)=24\nOFFSET(page._mapcount)=48\n"
	"OFFSET(page.private)=40\nLENGTH(zone.free_area)=11\nNUMBER(PG_lru)=4\n"
	"NUMBER(PG_private)=13\nNUMBER(PG_swapcache)=10\nNUMBER(PG_swapbacked)=19\n"
	"NUMBER(PG_slab)=9\nNUMBER(PG_hwpoison)=23\nNUMBER(PG_head_mask)=65536\n"
	"NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\nNUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-257\n"
	"OFFSET(page.compound_head)=8\nOFFSET(page.compound_dtor)=16\n"
	"OFFSET(page.compound_order)=17\nNUMBER(HUGETLB_PAGE_DTOR)=2\n"
	"SIZE(mem_section)=512\nOFFSET(mem_section.section_mem_map)=8\n"
	"NUMBER(SECTION_SIZE_BITS)=20\nNUMBER(MAX_PHYSMEM_BITS)=36\n";

struct machine {
	struct fake fake;
	struct dumpfile *dump;
	struct kernel *kernel;
	struct memmap map;
	struct page_rules *rules;
	struct select_kernel select;
};

static char *struct_page(struct machine *m, uint64_t pfn)
{
	return fake_at(&m->fake, STRUCTS) + (pfn - FIRST) * 64;
}

static void set_free(struct machine *m, uint64_t pfn, unsigned order)
{
	le32_put(struct_page(m, pfn) + MAPCOUNT, BUDDY);
	le64_put(struct_page(m, pfn) + PRIVATE, order);
}

static void machine_init(struct machine *m)
{
	uint64_t roots = FAKE_PADDR + 0x10000, root = FAKE_PADDR + 0x11000;

	*m = (struct machine){ 0 };
	fake_init(&m->fake, 4, 0);
	for (uint64_t at = 0; at < FAKE_SIZE; at += MIB(2))
		fake_map(&m->fake, FAKE_DIRECT + FAKE_PADDR + at, FAKE_PADDR + at, 21);
	/* pfn 4096's struct page is 256 KiB into vmemmap. */
	for (uint64_t at = 0; at < KIB(128); at += KIB(4))
		fake_map(&m->fake, VMEMMAP + FIRST * 64 + at, STRUCTS + at, 12);
	fake_info(&m->fake, "%sSYMBOL(mem_section)=%llx\nLENGTH(mem_section)=8192\n", info,
		  (unsigned long long)(FAKE_DIRECT + roots));
	le64_put(fake_at(&m->fake, roots) + 2 * 8, FAKE_DIRECT + root);
	for (unsigned i = 0; i < 8; i++)
		le64_put(fake_at(&m->fake, root) + i * 512 + 8,
			 VMEMMAP | PRESENT | HAS_MEM_MAP | 4 | 8);
	/* In use, mapped nowhere. */
	for (uint64_t pfn = FIRST; pfn <= LAST; pfn++)
		le32_put(struct_page(m, pfn) + MAPCOUNT, UINT32_MAX);
}

static void machine_open(struct machine *m)
{
	assert_int_equal(fake_open(&m->fake, &m->dump, &m->kernel, NULL), 0);
	assert_int_equal(memmap_read(m->kernel, &m->map, NULL), 0);
	assert_int_equal(page_rules_new(kernel_vmcoreinfo(m->kernel), &m->rules, NULL), 0);
	m->select = (struct select_kernel){ m->kernel, &m->map, m->rules };
}

static void machine_done(struct machine *m)
{
	memmap_done(&m->map);
	page_rules_free(m->rules);
	kernel_close(m->kernel);
	dumpfile_close(m->dump);
	fake_done(&m->fake);
}

/* 64 free pages in two blocks, a page of each cache, an anonymous page of order 2, one of hugetlb, a poisoned one. */
static void fill(struct machine *m)
{
	set_free(m, 5120, 5);
	set_free(m, 5152, 5);
	le64_put(struct_page(m, 5200) + FLAGS, LRU);
	le64_put(struct_page(m, 5201) + FLAGS, LRU | PG_PRIVATE);
	le64_put(struct_page(m, 5202) + FLAGS, HWPOISON);
	le64_put(struct_page(m, 5300) + FLAGS, LRU | HEAD);
	le64_put(struct_page(m, 5300) + MAPPING, 0xffff888000000001);
	for (uint64_t pfn = 5301; pfn < 5304; pfn++)
		le64_put(struct_page(m, pfn) + COMPOUND, (VMEMMAP + 5300 * 64) | 1);
	*(uint8_t *)(struct_page(m, 5301) + ORDER) = 2;
}

static void expect_counts(struct machine *m, unsigned level, unsigned threads, uint64_t kept)
{
	struct selection s;

	assert_int_equal(select_pages(m->dump, &m->select, level, threads, NULL, &s, NULL), 0);
	assert_int_equal(s.ram_pages, LAST - FIRST + 1);
	assert_int_equal(s.class_pages[PAGE_FREE], 64);
	assert_int_equal(s.class_pages[PAGE_CACHE], 1);
	assert_int_equal(s.class_pages[PAGE_CACHE_PRIVATE], 1);
	assert_int_equal(s.class_pages[PAGE_USER], 4);
	assert_int_equal(s.class_pages[PAGE_HWPOISON], 1);
	assert_int_equal(s.kept_pages, kept);
	assert_int_equal(selection_kept_at(&s, level), kept);
	assert_int_equal(bitmap_get(&s.kept, 5151), !(level & LEVEL_FREE));
	assert_int_equal(bitmap_get(&s.kept, 5303), !(level & LEVEL_USER));
	assert_true(bitmap_get(&s.kept, 5184) && bitmap_get(&s.kept, 5304));
	selection_done(&s);
}

static void test_levels(void **state)
{
	struct machine m;
	uint64_t all = LAST - FIRST + 1 - 1;

	machine_init(&m);
	fill(&m);
	machine_open(&m);
	for (unsigned threads = 1; threads <= 4; threads++) {
		expect_counts(&m, 0, threads, all);
		expect_counts(&m, LEVEL_ZERO, threads, all);
		expect_counts(&m, LEVEL_CACHE, threads, all - 1);
		expect_counts(&m, LEVEL_CACHE_PRIVATE, threads, all - 2);
		expect_counts(&m, LEVEL_USER, threads, all - 4);
		expect_counts(&m, LEVEL_FREE, threads, all - 64);
		expect_counts(&m, LEVEL_ALL, threads, all - 70);
	}
	machine_done(&m);
}

/* A page of struct pages that is not mapped: its pages are kept, the others judged. */
static void test_unreadable_structs(void **state)
{
	struct machine m;
	struct selection s;

	machine_init(&m);
	fill(&m);
	set_free(&m, 4096 + 64 * 10, 5);
	le64_put(fake_entry(&m.fake, VMEMMAP + (FIRST + 64 * 10) * 64, 1), 0);
	machine_open(&m);
	assert_int_equal(select_pages(m.dump, &m.select, LEVEL_ALL, 1, NULL, &s, NULL), 0);
	assert_int_equal(s.unjudged_pages, 64);
	assert_int_equal(s.class_pages[PAGE_FREE], 64);
	assert_true(bitmap_get(&s.kept, 4096 + 64 * 10));
	selection_done(&s);
	machine_done(&m);
}

static void save(struct machine *m, struct save_result *res)
{
	struct save_options o = { .level = LEVEL_ALL, .codec = CODEC_LZO, .threads = 1 };
	int fd = memfd_create("saved", MFD_CLOEXEC);
	struct sink *s;

	assert_int_equal(sink_fd_new(fd, "saved", &s, NULL), 0);
	assert_int_equal(save_dump(m->dump, m->kernel, &o, s, res, NULL), 0);
	assert_int_equal(sink_close(s, NULL), 0);
}

static void test_believable(void **state)
{
	struct save_result res;
	struct machine m;

	machine_init(&m);
	fill(&m);
	machine_open(&m);
	save(&m, &res);
	assert_string_equal(res.warning, "");
	assert_int_equal(res.level, LEVEL_ALL);
	assert_int_equal(res.kept_pages, LAST - FIRST + 1 - 71);
	machine_done(&m);
}

/* struct pages that say the kernel's own text is user data or free: what says so is not believed. */
static void test_kernel_pages_come_back(void **state)
{
	struct save_result res;
	struct machine m;

	machine_init(&m);
	fill(&m);
	le64_put(struct_page(&m, FIRST) + FLAGS, LRU);
	le64_put(struct_page(&m, FIRST) + MAPPING, 0xffff888000000001);
	machine_open(&m);
	save(&m, &res);
	assert_non_null(strstr(res.warning, "_stext"));
	assert_int_equal(res.level, LEVEL_ALL & ~LEVEL_USER);
	assert_int_equal(res.kept_pages, LAST - FIRST + 1 - 67);
	machine_done(&m);

	machine_init(&m);
	set_free(&m, FIRST, 0);
	machine_open(&m);
	save(&m, &res);
	assert_int_equal(res.level, LEVEL_ZERO);
	assert_int_equal(res.kept_pages, LAST - FIRST + 1);
	machine_done(&m);
}

/* A zone whose counter of free pages is `counted`. */
static void add_zone(struct machine *m, uint64_t counted)
{
	uint64_t node = FAKE_PADDR + 0x20000;

	fake_info(&m->fake,
		  "SYMBOL(contig_page_data)=%llx\nOFFSET(pglist_data.node_zones)=0\n"
		  "OFFSET(pglist_data.nr_zones)=512\nSIZE(zone)=256\nOFFSET(zone.vm_stat)=64\n"
		  "NUMBER(NR_FREE_PAGES)=0\n",
		  (unsigned long long)(FAKE_DIRECT + node));
	le64_put(fake_at(&m->fake, node) + 64, counted);
	le64_put(fake_at(&m->fake, node) + 256 + 64, 1);
	le32_put(fake_at(&m->fake, node) + 512, 2);
}

static void test_free_pages_unseen(void **state)
{
	struct save_result res;
	struct machine m;

	machine_init(&m);
	add_zone(&m, 100000);
	machine_open(&m);
	save(&m, &res);
	assert_non_null(strstr(res.warning, "0 pages look free where the kernel counts 100001"));
	assert_int_equal(res.level, LEVEL_ALL);
	machine_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_unreadable_structs),
		cmocka_unit_test(test_believable),
		cmocka_unit_test(test_kernel_pages_come_back),
		cmocka_unit_test(test_free_pages_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
