/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/memmap.h"

#include <errno.h>

#include "base/bytes.h"

#include "../test.h"
#include "fake.h"

/*
 * The machine has 24 MiB: with sections of 1 MiB that is 24 of them, of which 16 to 23 exist, and with struct
 * mem_section of 512 bytes a root holds 8.
 */
#define VMEMMAP UINT64_C(0xffffea0000000000)
#define SECTION_PAGES 256
#define ROOTS (FAKE_PADDR + 0x10000)
#define ROOT (FAKE_PADDR + 0x11000)
#define PRESENT 1
#define HAS_MEM_MAP 2

static uint64_t direct(uint64_t paddr)
{
	return FAKE_DIRECT + paddr;
}

static void init(struct fake *f, const char *more)
{
	fake_init(f, 4, 0);
	for (uint64_t at = 0; at < FAKE_SIZE; at += MIB(2))
		fake_map(f, direct(FAKE_PADDR + at), FAKE_PADDR + at, 21);
	fake_map(f, VMEMMAP, FAKE_PADDR + MIB(6), 21);
	fake_info(f, "SIZE(page)=64\nOFFSET(page.flags)=0\nSIZE(mem_section)=512\n"
		     "OFFSET(mem_section.section_mem_map)=8\nNUMBER(SECTION_SIZE_BITS)=20\n"
		     "NUMBER(MAX_PHYSMEM_BITS)=36\n");
	fake_info(f, "%s", more);
	le64_put(fake_at(f, ROOTS) + 2 * 8, direct(ROOT));
	for (unsigned i = 0; i < 8; i++)
		le64_put(fake_at(f, ROOT) + i * 512 + 8, VMEMMAP | PRESENT | HAS_MEM_MAP | 4 | 8);
}

static int read_map(struct fake *f, struct memmap *ret, struct error *e)
{
	_cleanup_(dumpfile_closep) struct dumpfile *d = NULL;
	_cleanup_(kernel_closep) struct kernel *k = NULL;

	assert_int_equal(fake_open(f, &d, &k, NULL), 0);
	return memmap_read(k, ret, e);
}

static void expect_run(const struct memmap *m, size_t i, uint64_t section, uint64_t sections)
{
	assert_true(i < m->count);
	assert_int_equal(m->runs[i].start_pfn, section * SECTION_PAGES);
	assert_int_equal(m->runs[i].pages, sections * SECTION_PAGES);
	assert_true(m->runs[i].vaddr == VMEMMAP + section * SECTION_PAGES * 64);
}

static void test_roots(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_(memmap_done) struct memmap m = { 0 };

	init(&f, "");
	fake_info(&f, "SYMBOL(mem_section)=%llx\nLENGTH(mem_section)=8192\n",
		  (unsigned long long)direct(ROOTS));
	assert_int_equal(read_map(&f, &m, NULL), 0);
	assert_int_equal(m.count, 1);
	expect_run(&m, 0, 16, 8);
	assert_int_equal(m.page_struct_size, 64);
	assert_int_equal(m.damaged_sections, 0);
}

static void test_pointer_to_roots(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_(memmap_done) struct memmap m = { 0 };

	init(&f, "");
	le64_put(fake_at(&f, FAKE_PADDR + 0x8000), direct(ROOTS));
	fake_info(&f, "SYMBOL(mem_section)=%llx\n", (unsigned long long)FAKE_IMAGE + 0x8000);
	assert_int_equal(read_map(&f, &m, NULL), 0);
	assert_int_equal(m.count, 1);
	expect_run(&m, 0, 16, 8);
}

static void test_static_array(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_(memmap_done) struct memmap m = { 0 };

	init(&f, "");
	/* Section 16's struct is where the root was. */
	fake_info(&f, "SYMBOL(mem_section)=%llx\nLENGTH(mem_section)=65536\n",
		  (unsigned long long)direct(ROOT) - 16 * 512);
	assert_int_equal(read_map(&f, &m, NULL), 0);
	assert_int_equal(m.count, 1);
	expect_run(&m, 0, 16, 8);
}

static void test_holes_and_damage(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_(memmap_done) struct memmap m = { 0 };

	init(&f, "");
	fake_info(&f, "SYMBOL(mem_section)=%llx\nSYMBOL(vmemmap)=%llx\n",
		  (unsigned long long)direct(ROOTS), (unsigned long long)VMEMMAP);
	/* 18: no memory; 19: present, but no mem_map; 21: elsewhere than vmemmap; root 1: nowhere. */
	le64_put(fake_at(&f, ROOT) + 2 * 512 + 8, VMEMMAP);
	le64_put(fake_at(&f, ROOT) + 3 * 512 + 8, PRESENT);
	le64_put(fake_at(&f, ROOT) + 5 * 512 + 8, (VMEMMAP + 0x1000) | PRESENT | HAS_MEM_MAP);
	le64_put(fake_at(&f, ROOTS) + 8, 0x1234567);
	assert_int_equal(read_map(&f, &m, NULL), 0);
	assert_int_equal(m.count, 3);
	expect_run(&m, 0, 16, 2);
	expect_run(&m, 1, 20, 1);
	expect_run(&m, 2, 22, 2);
	assert_int_equal(m.damaged_sections, 1 + 8);
}

static void test_unmapped_struct_pages(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_(memmap_done) struct memmap m = { 0 };
	struct error e = { 0 };

	init(&f, "");
	fake_info(&f, "SYMBOL(mem_section)=%llx\n", (unsigned long long)direct(ROOTS));
	for (unsigned i = 0; i < 8; i++)
		le64_put(fake_at(&f, ROOT) + i * 512 + 8, 0x1000 | PRESENT | HAS_MEM_MAP);
	assert_int_equal(read_map(&f, &m, &e), -EINVAL);
	assert_int_equal(m.count, 0);
}

/* mem_section is gone, but the kernel said where vmemmap is. */
static void test_vmemmap_alone(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_(memmap_done) struct memmap m = { 0 };

	init(&f, "");
	fake_info(&f, "SYMBOL(mem_section)=1000\nSYMBOL(vmemmap)=%llx\n",
		  (unsigned long long)VMEMMAP);
	assert_int_equal(read_map(&f, &m, NULL), 0);
	assert_int_equal(m.count, 1);
	expect_run(&m, 0, 16, 8);
}

static void test_flat(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_(memmap_done) struct memmap m = { 0 };

	init(&f, "");
	le64_put(fake_at(&f, FAKE_PADDR + 0x8000), VMEMMAP);
	le64_put(fake_at(&f, FAKE_PADDR + 0x9000 + 16), 16 * SECTION_PAGES);
	le64_put(fake_at(&f, FAKE_PADDR + 0x9000 + 24), 99 * SECTION_PAGES);
	fake_info(&f,
		  "SYMBOL(mem_map)=%llx\nSYMBOL(contig_page_data)=%llx\n"
		  "OFFSET(pglist_data.node_start_pfn)=16\nOFFSET(pglist_data.node_spanned_pages)="
		  "24\n",
		  (unsigned long long)FAKE_IMAGE + 0x8000, (unsigned long long)FAKE_IMAGE + 0x9000);
	assert_int_equal(read_map(&f, &m, NULL), 0);
	assert_int_equal(m.count, 1);
	expect_run(&m, 0, 16, 8);
}

static void test_nothing_said(void **state)
{
	_cleanup_fake_ struct fake f, g;
	_cleanup_(memmap_done) struct memmap m = { 0 };

	init(&f, "");
	assert_int_equal(read_map(&f, &m, NULL), -ENOENT);
	fake_init(&g, 4, 0);
	fake_info(&g, "SIZE(page)=64\nSYMBOL(mem_section)=1\nSIZE(mem_section)=0\n"
		      "OFFSET(mem_section.section_mem_map)=8\n");
	assert_int_equal(read_map(&g, &m, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_pointer_to_roots),
		cmocka_unit_test(test_static_array),
		cmocka_unit_test(test_holes_and_damage),
		cmocka_unit_test(test_unmapped_struct_pages),
		cmocka_unit_test(test_vmemmap_alone),
		cmocka_unit_test(test_flat),
		cmocka_unit_test(test_nothing_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
