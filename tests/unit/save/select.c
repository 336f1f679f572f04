/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/select.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "machine.h"
#include "save/save.h"

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
	const struct select_job job = { .dump = m->dump,
					.kernel = &m->select,
					.level = level,
					.threads = threads,
					.sample = true };
	struct selection s;

	assert_int_equal(select_pages(&job, &s, NULL), 0);
	assert_int_equal(s.samples[PAGE_FREE].seen, 64);
	assert_int_equal(s.samples[PAGE_FREE].pfns[0], 5120);
	assert_int_equal(s.samples[PAGE_USER].count, 4);
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
	struct select_job job = { .level = LEVEL_ALL, .threads = 1 };
	struct machine m;
	struct selection s;

	machine_init(&m);
	fill(&m);
	set_free(&m, 4096 + 64 * 10, 5);
	le64_put(fake_entry(&m.fake, VMEMMAP + (FIRST + 64 * 10) * 64, 1), 0);
	machine_open(&m);
	job.dump = m.dump;
	job.kernel = &m.select;
	assert_int_equal(select_pages(&job, &s, NULL), 0);
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

/* Poison in a free block, whose head alone tells of it, is read at no level. */
static void test_poison_in_a_free_block(void **state)
{
	struct machine m;

	machine_init(&m);
	set_free(&m, 5120, 5);
	le64_put(struct_page(&m, 5130) + FLAGS, HWPOISON);
	machine_open(&m);
	for (unsigned level = 0; level <= LEVEL_ALL; level++) {
		const struct select_job job = {
			.dump = m.dump, .kernel = &m.select, .level = level, .threads = 1
		};
		struct selection s;

		assert_int_equal(select_pages(&job, &s, NULL), 0);
		assert_false(bitmap_get(&s.kept, 5130));
		assert_int_equal(bitmap_get(&s.kept, 5131), !(level & LEVEL_FREE));
		assert_int_equal(s.class_pages[PAGE_HWPOISON], (level & 28) != 28);
		assert_int_equal(s.class_pages[PAGE_FREE] + s.class_pages[PAGE_HWPOISON], 32);
		selection_done(&s);
	}
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
		cmocka_unit_test(test_poison_in_a_free_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
