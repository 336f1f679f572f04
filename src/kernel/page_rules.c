/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/page_rules.h"

#include <errno.h>
#include <stdlib.h>

/* Struct pages are 56 to 80 bytes today; debug options may add words. */
#define PAGE_STRUCT_LIMIT 1024

/* MAX_ORDER of x86_64, where vmcoreinfo does not say: a smaller order is never wrong. */
#define DEFAULT_MAX_ORDER 11

static const struct page_type absent_type = { .mask = 0, .value = 1 };

/* The single flag bits of page.flags. */
static const struct flag_row {
	const char *number;
	size_t field;
} flag_rows[] = {
	{ "PG_lru", offsetof(struct page_rules, lru) },
	{ "PG_private", offsetof(struct page_rules, private_flag) },
	{ "PG_hwpoison", offsetof(struct page_rules, hwpoison) },
	{ "PG_slab", offsetof(struct page_rules, slab) },	     /* until 6.9 */
	{ "PG_hugetlb", offsetof(struct page_rules, hugetlb_flag) }, /* 6.6 to 6.8 */
};

/* The types that stand in _mapcount. */
static const struct type_row {
	const char *number;
	size_t field;
} type_rows[] = {
	{ "PAGE_BUDDY_MAPCOUNT_VALUE", offsetof(struct page_rules, buddy) },
	{ "PAGE_OFFLINE_MAPCOUNT_VALUE", offsetof(struct page_rules, offline) },
	{ "PAGE_HUGETLB_MAPCOUNT_VALUE", offsetof(struct page_rules, hugetlb) },       /* 6.9 */
	{ "PAGE_SLAB_MAPCOUNT_VALUE", offsetof(struct page_rules, slab_type) },	       /* 6.10 */
	{ "PAGE_UNACCEPTED_MAPCOUNT_VALUE", offsetof(struct page_rules, unaccepted) }, /* 6.16 */
};

/* Generations of where order and destructor stand; the first whose order entry is there counts. */
static const struct order_row {
	const char *order, *dtor;
	bool in_folio; /* counted from the folio, that is the head; else from the second page */
} order_rows[] = {
	{ "page.compound_order", "page.compound_dtor", false }, /* until 6.2 */
	{ "folio._folio_order", "folio._folio_dtor", true },	/* 6.3 to 6.5 */
};

/* Marks of a compound page's tail: bit 0 of the word that leads to the head. */
static const char *const tail_rows[] = {
	"page.compound_info", /* 7.1 */
	"page.compound_head",
};

static uint64_t flag_bit(const struct vmcoreinfo *v, const char *name)
{
	int64_t n;

	return vmcoreinfo_number(v, name, &n) && n >= 0 && n < 64 ? UINT64_C(1) << n : 0;
}

/*
 * Since 6.12 a type is a value in the top byte and the other three belong to whoever uses the page; before, it
 * was a set of cleared bits in an otherwise full word. The value itself tells which.
 */
static struct page_type type_of(const struct vmcoreinfo *v, const char *name)
{
	int64_t n;
	uint32_t value;

	if (!vmcoreinfo_number(v, name, &n) || n >= -1 || n < INT32_MIN)
		return absent_type;
	value = (uint32_t)n;
	return (struct page_type){ .mask = value & 0xffffff ? UINT32_MAX : 0xff000000,
				   .value = value };
}

/* An offset of a member of width bytes that lies inside a struct of size bytes. */
static bool member(const struct vmcoreinfo *v, const char *name, uint32_t width, uint64_t size,
		   uint32_t *ret)
{
	uint64_t offset;

	if (!vmcoreinfo_offset(v, name, &offset) || !range_inside(offset, width, size))
		return false;
	*ret = offset;
	return true;
}

static void read_tail_mark(const struct vmcoreinfo *v, struct page_rules *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(tail_rows); i++)
		if (member(v, tail_rows[i], 8, r->size, &r->compound)) {
			r->tail = 1;
			return;
		}
}

/* Where the second struct page holds order and destructor. */
static void read_order(const struct vmcoreinfo *v, struct page_rules *r)
{
	int64_t n;

	if (vmcoreinfo_number(v, "PG_head_mask", &n))
		r->head = n;
	if (!r->head || !r->tail)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(order_rows); i++) {
		const struct order_row *row = &order_rows[i];
		uint32_t base = row->in_folio ? 0 : r->size,
			 limit = row->in_folio ? 2 * r->size : r->size;
		uint32_t offset;

		if (!member(v, row->order, 1, limit, &offset) || base + offset < r->size)
			continue;
		r->order_source = ORDER_BYTE;
		r->order_offset = base + offset;
		if (vmcoreinfo_number(v, "HUGETLB_PAGE_DTOR", &n) && n > 0 && n <= UINT8_MAX &&
		    member(v, row->dtor, 1, limit, &offset) && base + offset >= r->size) {
			r->hugetlb_offset = base + offset;
			r->hugetlb_dtor = n;
		}
		return;
	}
	r->order_source = ORDER_FLAGS; /* 6.6 */
	r->order_offset = r->size + r->flags;
}

static void read_flags_and_types(const struct vmcoreinfo *v, struct page_rules *r)
{
	uint64_t n;

	for (size_t i = 0; i < ARRAY_SIZE(flag_rows); i++)
		*(uint64_t *)((char *)r + flag_rows[i].field) = flag_bit(v, flag_rows[i].number);
	for (size_t i = 0; i < ARRAY_SIZE(type_rows); i++)
		*(struct page_type *)((char *)r + type_rows[i].field) =
			r->mapcount == UINT32_MAX ? absent_type : type_of(v, type_rows[i].number);

	/* Since 4.10 PG_swapcache shares its bit and counts only beside PG_swapbacked. */
	r->swapcache = flag_bit(v, "PG_swapcache");
	if (r->swapcache)
		r->swapcache |= flag_bit(v, "PG_swapbacked");
	r->max_order = vmcoreinfo_length(v, "zone.free_area", &n) && n > 0 && n < 32
			       ? n
			       : DEFAULT_MAX_ORDER;
}

/* Drops the rules that lean on something vmcoreinfo does not tell: in doubt a page is kept. */
static void drop_doubtful(struct page_rules *r)
{
	bool slab_known = r->slab || r->slab_type.mask;

	if (!r->tail || !slab_known)
		r->anon = 0;
	if (!r->tail || !r->anon)
		r->lru = r->swapcache = 0;
	if (r->mapcount == UINT32_MAX)
		r->mapcount = r->flags;
	if (r->private == UINT32_MAX) {
		r->private = r->flags;
		r->buddy = absent_type;
	}
}

int page_rules_new(const struct vmcoreinfo *v, struct page_rules **ret, struct error *e)
{
	struct page_rules *r;
	uint64_t size;

	if (!vmcoreinfo_size(v, "page", &size) || size < 16 || size > PAGE_STRUCT_LIMIT || size % 8)
		return error_set(e, -EINVAL, "vmcoreinfo has no usable SIZE(page)");
	r = calloc(1, sizeof(*r));
	if (!r)
		return error_errno(e, -ENOMEM, "page rules");
	r->size = size;
	if (!member(v, "page.flags", 8, size, &r->flags)) {
		free(r);
		return error_set(e, -EINVAL, "vmcoreinfo has no usable OFFSET(page.flags)");
	}
	if (!member(v, "page._mapcount", 4, size, &r->mapcount))
		r->mapcount = UINT32_MAX;
	if (!member(v, "page.private", 8, size, &r->private))
		r->private = UINT32_MAX;
	r->anon = member(v, "page.mapping", 8, size, &r->mapping);
	read_tail_mark(v, r);
	read_flags_and_types(v, r);
	read_order(v, r);
	drop_doubtful(r);
	r->look = r->lru | (r->swapcache & flag_bit(v, "PG_swapcache")) | r->hwpoison;
	if (r->hugetlb_offset || r->hugetlb_flag)
		r->look |= r->head;
	*ret = r;
	return 0;
}

struct page_rules *page_rules_free(struct page_rules *rules)
{
	free(rules);
	return NULL;
}
