/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/page.h"

#include <string.h>

#include "base/bytes.h"
#include "kernel/page_rules.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* Struct pages that nobody initialised are all ones where the kernel poisons them (PAGE_POISON_PATTERN). */
#define POISONED_FLAGS UINT64_MAX

/* 64 GiB of 4 KiB pages: beyond any huge page of any architecture. */
#define ORDER_LIMIT 24

static const struct page_verdict keep_one = { .class = PAGE_KERNEL, .pages = 1 };

static ALWAYS_INLINE bool is_type(struct page_type type, uint32_t mapcount)
{
	return (mapcount & type.mask) == type.value;
}

static ALWAYS_INLINE bool is_tail(const struct page_rules *r, const char *page)
{
	return le64_get(page + r->compound) & r->tail;
}

/*
 * The pages of the compound page whose head is at page; 1 where it has none or where what says so contradicts the
 * tails that can be seen.
 */
static uint64_t compound_pages(const struct page_rules *r, const char *page, size_t available,
			       const char *second, uint64_t pfn)
{
	uint8_t order;
	uint64_t pages;

	if (r->order_source == ORDER_NONE || !second || !(le64_get(page + r->flags) & r->head) ||
	    !is_tail(r, second))
		return 1;
	order = second[r->order_offset - r->size];
	if (order == 0 || order > ORDER_LIMIT)
		return 1;
	pages = UINT64_C(1) << order;
	if (pfn & (pages - 1))
		return 1;
	if (pages <= available && !is_tail(r, page + (pages - 1) * r->size))
		return 1;
	return pages;
}

static bool is_hugetlb(const struct page_rules *r, uint64_t flags, uint32_t mapcount,
		       const char *second)
{
	if (is_type(r->hugetlb, mapcount))
		return true;
	if (!(flags & r->head) || !second || !is_tail(r, second))
		return false;
	if (r->hugetlb_offset && (uint8_t)second[r->hugetlb_offset - r->size] == r->hugetlb_dtor)
		return true;
	return le64_get(second + r->flags) & r->hugetlb_flag;
}

/* A block of 2^order free pages, if that can be. */
static struct page_verdict free_block(const struct page_rules *r, uint64_t order, uint64_t pfn)
{
	uint64_t pages;

	if (order >= r->max_order)
		return keep_one;
	pages = UINT64_C(1) << order;
	if (pfn & (pages - 1))
		return keep_one;
	return (struct page_verdict){ .class = PAGE_FREE, .pages = pages };
}

/* A page for which more than its flags, its type's sign and bit 0 of its mapping must be looked at. */
static struct page_verdict judge_closely(const struct page_rules *r, const char *page,
					 size_t available, const char *second, uint64_t pfn)
{
	uint64_t flags = le64_get(page + r->flags);
	uint32_t mapcount = le32_get(page + r->mapcount);
	struct page_verdict v = keep_one;

	if (flags == POISONED_FLAGS)
		return keep_one;
	if (flags & r->hwpoison && !is_tail(r, page) && is_type(r->buddy, mapcount)) {
		/* Until 5.10 poison may stay in a free block. */
		v = free_block(r, le64_get(page + r->private), pfn);
		if (v.pages > 1)
			return v;
	}
	if (flags & r->hwpoison) {
		v.class = PAGE_HWPOISON;
		/* Which page of a huge one is broken is told elsewhere. */
		if (!is_tail(r, page) && is_hugetlb(r, flags, mapcount, second))
			v.pages = compound_pages(r, page, available, second, pfn);
		return v;
	}
	if (is_tail(r, page))
		return keep_one;
	if (is_type(r->buddy, mapcount))
		return free_block(r, le64_get(page + r->private), pfn);
	if (is_type(r->unaccepted, mapcount))
		return free_block(r, r->max_order - 1, pfn);
	if (is_type(r->offline, mapcount)) {
		v.class = PAGE_OFFLINE;
		return v;
	}
	if (flags & r->slab || is_type(r->slab_type, mapcount))
		return keep_one;

	if (is_hugetlb(r, flags, mapcount, second))
		v.class = PAGE_USER;
	else if ((int32_t)mapcount < -1)
		return keep_one; /* of a type not known here */
	else if (r->anon && le64_get(page + r->mapping) & r->anon)
		v.class = PAGE_USER;
	else if (flags & r->lru || (r->swapcache && (flags & r->swapcache) == r->swapcache))
		v.class = r->private_flag && !(flags & r->private_flag) ? PAGE_CACHE
									: PAGE_CACHE_PRIVATE;
	else
		return keep_one;
	v.pages = compound_pages(r, page, available, second, pfn);
	return v;
}

static ALWAYS_INLINE struct page_verdict judge(const struct page_rules *r, const char *page,
					       size_t available, const char *next, uint64_t pfn)
{
	uint64_t flags = le64_get(page + r->flags);
	int32_t mapcount = (int32_t)le32_get(page + r->mapcount);

	if (!(flags & r->look) && mapcount >= -1 && !(le64_get(page + r->mapping) & r->anon))
		return keep_one;
	return judge_closely(r, page, available, available > 1 ? page + r->size : next, pfn);
}

struct page_verdict page_judge(const struct page_rules *rules, const void *page, size_t available,
			       const void *next, uint64_t pfn)
{
	return judge(rules, page, available, next, pfn);
}

static bool is_poisoned(const struct page_rules *r, const char *page)
{
	uint64_t flags = le64_get(page + r->flags);

	return flags & r->hwpoison && flags != POISONED_FLAGS;
}

/* The first pages of a block that are all poisoned, or all not; inside gets the others. */
static struct page_verdict look_inside(const struct page_rules *r, const char *pages,
				       uint64_t available, struct page_verdict block,
				       struct page_verdict *inside)
{
	bool poisoned = is_poisoned(r, pages);
	uint64_t n = MIN(block.pages, available), i = 1;

	while (i < n && is_poisoned(r, pages + i * r->size) == poisoned)
		i++;
	*inside = (struct page_verdict){ .class = block.class, .pages = block.pages - i };
	return (struct page_verdict){ .class = poisoned ? PAGE_HWPOISON : block.class, .pages = i };
}

void page_scan(const struct page_rules *rules, const void *pages, size_t n, const void *next,
	       uint64_t pfn, struct page_verdict *inside,
	       void (*emit)(void *user, uint64_t pfn, uint64_t count, enum page_class class),
	       void *user, uint64_t *ret_next_pfn)
{
	const struct page_rules r = *rules;
	enum page_class class = PAGE_KERNEL;
	uint64_t start = pfn, end = pfn + n, at = pfn;

	while (at < end) {
		const char *page = (const char *)pages + (at - pfn) * r.size;
		bool resumed = inside && inside->pages;
		struct page_verdict v = resumed ? *inside : judge(&r, page, end - at, next, at);

		if (inside && (resumed || v.pages > 1))
			v = look_inside(&r, page, end - at, v, inside);
		if (v.class != class) {
			if (class != PAGE_KERNEL)
				emit(user, start, at - start, class);
			class = v.class;
			start = at;
		}
		at += v.pages;
	}
	if (class != PAGE_KERNEL)
		emit(user, start, at - start, class);
	*ret_next_pfn = at;
}
