/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

#include "base/bytes.h"

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

char *struct_page(struct machine *m, uint64_t pfn)
{
	return fake_at(&m->fake, STRUCTS) + (pfn - FIRST) * 64;
}

void set_free(struct machine *m, uint64_t pfn, unsigned order)
{
	le32_put(struct_page(m, pfn) + MAPCOUNT, BUDDY);
	le64_put(struct_page(m, pfn) + PRIVATE, order);
}

void machine_init(struct machine *m)
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
	for (uint64_t pfn = FIRST; pfn <= LAST; pfn++)
		le32_put(struct_page(m, pfn) + MAPCOUNT, UINT32_MAX);
}

void machine_open(struct machine *m)
{
	assert_int_equal(fake_open(&m->fake, &m->dump, &m->kernel, NULL), 0);
	assert_int_equal(memmap_read(m->kernel, &m->map, NULL), 0);
	assert_int_equal(page_rules_new(kernel_vmcoreinfo(m->kernel), &m->rules, NULL), 0);
	m->select = (struct select_kernel){ m->kernel, &m->map, m->rules };
}

void machine_done(struct machine *m)
{
	memmap_done(&m->map);
	page_rules_free(m->rules);
	kernel_close(m->kernel);
	dumpfile_close(m->dump);
	fake_done(&m->fake);
}
