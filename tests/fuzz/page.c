/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Struct pages of any content. The first byte names a kernel whose vmcoreinfo is used, or says that the input brings
 * its own up to a NUL; then come the pfn and the struct pages. Runs come in order, and judging and scanning agree.
 */
#include "kernel/page.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define COMMON                                                                                     \
	"SIZE(page)=64\nOFFSET(page.flags)=0\nOFFSET(page.mapping)=24\nOFFSET(page._mapcount)="    \
	"48\n"                                                                                     \
	"OFFSET(page.private)=40\nLENGTH(zone.free_area)=11\nNUMBER(PG_lru)=5\n"                   \
	"NUMBER(PG_private)=14\nNUMBER(PG_swapcache)=10\nNUMBER(PG_swapbacked)=17\n"               \
	"NUMBER(PG_hwpoison)=21\nNUMBER(PG_head_mask)=64\n"

static const char *const kernels[] = {
	COMMON "NUMBER(PG_slab)=9\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\n"
	       "OFFSET(page.compound_head)=8\nOFFSET(page.compound_dtor)=16\n"
	       "OFFSET(page.compound_order)=17\nNUMBER(HUGETLB_PAGE_DTOR)=2\n",
	COMMON "NUMBER(PG_slab)=9\nNUMBER(PG_hugetlb)=8\nOFFSET(page.compound_head)=8\n"
	       "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\n",
	COMMON "OFFSET(page.compound_info)=8\nNUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\n"
	       "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-251658240\n"
	       "NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)=-201326592\n"
	       "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-184549376\n"
	       "NUMBER(PAGE_UNACCEPTED_MAPCOUNT_VALUE)=-150994944\n",
};

struct check {
	uint64_t end;
	enum page_class class;
};

static void take(void *user, uint64_t pfn, uint64_t count, enum page_class class)
{
	struct check *c = user;

	if (count == 0 || pfn < c->end || class == PAGE_KERNEL || class >= PAGE_CLASS_COUNT)
		abort();
	if (pfn == c->end && class == c->class)
		abort(); /* two runs that are one */
	c->end = pfn + count;
	c->class = class;
}

static void scan(const struct page_rules *r, uint32_t struct_size, const uint8_t *pages,
		 size_t size, uint64_t pfn)
{
	struct check c = { .end = pfn, .class = PAGE_KERNEL };
	size_t n = size / struct_size;
	struct page_verdict inside = { 0 };
	uint64_t next, at = pfn;

	if (n == 0)
		return;
	page_scan(r, pages, n, NULL, pfn, NULL, take, &c, &next);
	while (at < pfn + n) {
		struct page_verdict v =
			page_judge(r, pages + (at - pfn) * struct_size, n - (at - pfn), NULL, at);

		if (v.pages == 0)
			abort();
		at += v.pages;
	}
	if (at != next || c.end > next)
		abort();
	c = (struct check){ .end = pfn, .class = PAGE_KERNEL };
	page_scan(r, pages, n, NULL, pfn, &inside, take, &c, &next);
	if (next != pfn + n || c.end > next)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = NULL;
	_cleanup_(page_rules_freep) struct page_rules *r = NULL;
	const char *info;
	uint64_t struct_size;
	size_t len;

	if (size < 9)
		return 0;
	info = (const char *)data + 9;
	len = strnlen(info, size - 9);
	if (data[0] < ARRAY_SIZE(kernels))
		info = kernels[data[0]];
	if (vmcoreinfo_parse(info, data[0] < ARRAY_SIZE(kernels) ? strlen(info) : len, &v, NULL) <
		    0 ||
	    page_rules_new(v, &r, NULL) < 0 || !vmcoreinfo_size(v, "page", &struct_size))
		return 0;
	if (data[0] < ARRAY_SIZE(kernels))
		len = 0;
	scan(r, struct_size, data + 9 + len, size - 9 - len, le64_get(data + 1) >> 8);
	return 0;
}
