/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/pages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/search.h"
#include "kernel/fields.h"
#include "kernel/page_rules.h"

/* How much of mem_map is asked for at once. */
#define SCAN_BYTES KIB(256)

enum { FLAGS, MAPPING, INDEX, PRIVATE, TYPE, COUNT, FIELDS };

static const char *const paths[FIELDS] = {
	[FLAGS] = "flags",     [MAPPING] = "mapping",	     [INDEX] = "?index|__folio_index",
	[PRIVATE] = "private", [TYPE] = "_mapcount.counter", [COUNT] = "_refcount.counter",
};

struct pages {
	struct kernel_reader *reader;
	struct memmap map;
	struct page_rules *rules;
	struct fields fields;
	uint64_t direct;
	unsigned shift;
};

/* arch/x86/include/asm/page_64_types.h, where KASLR does not move it: with 4 levels of page tables, and with 5. */
static const uint64_t direct_bases[] = { 0xffff888000000000, 0xff11000000000000 };

static bool maps_memory(const struct pages *p, uint64_t base)
{
	uint64_t paddr, rest;

	for (size_t i = 0; i < p->map.count; i++) {
		const struct memmap_run *run = &p->map.runs[i];
		uint64_t want = (run->start_pfn + run->pages / 2) << p->shift;

		if (kernel_translate(p->reader, base + want, &paddr, &rest, NULL) == 0)
			return paddr == want;
	}
	return false;
}

static void find_direct(struct pages *p, struct symbols *symbols)
{
	uint64_t at, base;
	uint8_t bytes[8];

	if (symbols && symbols_find(symbols, "page_offset_base", &at) &&
	    kernel_read(p->reader, at, bytes, sizeof(bytes), NULL) == 0) {
		base = le64_get(bytes);
		if (maps_memory(p, base))
			p->direct = base;
	}
	for (size_t i = 0; i < ARRAY_SIZE(direct_bases) && !p->direct; i++)
		if (maps_memory(p, direct_bases[i]))
			p->direct = direct_bases[i];
}

int pages_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
	       struct pages **ret, struct error *e)
{
	_cleanup_(pages_freep) struct pages *p = calloc(1, sizeof(*p));
	struct kernel *k = kernel_reader_kernel(r);
	int err;

	if (!p)
		return error_errno(e, -ENOMEM, "struct pages");
	p->reader = r;
	p->shift = dumpfile_info(kernel_dump(k))->page_shift;
	err = page_rules_new(kernel_vmcoreinfo(k), &p->rules, e);
	if (err == 0)
		err = fields_resolve(types, "page", paths, FIELDS, &p->fields, e);
	if (err == 0)
		err = memmap_read(k, &p->map, e);
	if (err < 0)
		return err;
	if (p->fields.span > p->map.page_struct_size)
		return error_set(e, -EINVAL, "struct page is smaller than its members say");
	find_direct(p, symbols);
	*ret = TAKE_PTR(p);
	return 0;
}

struct pages *pages_free(struct pages *p)
{
	if (p) {
		memmap_done(&p->map);
		page_rules_free(p->rules);
		free(p);
	}
	return NULL;
}

const struct memmap *pages_map(const struct pages *p)
{
	return &p->map;
}

unsigned pages_shift(const struct pages *p)
{
	return p->shift;
}

uint64_t pages_direct(const struct pages *p)
{
	return p->direct;
}

bool pages_at(const struct pages *p, uint64_t pfn, uint64_t *ret)
{
	size_t above = search_first(i, p->map.count, p->map.runs[i].start_pfn > pfn);
	const struct memmap_run *run = above ? &p->map.runs[above - 1] : NULL;

	if (!run || pfn - run->start_pfn >= run->pages)
		return false;
	*ret = run->vaddr + (pfn - run->start_pfn) * p->map.page_struct_size;
	return true;
}

/* Runs are few: their addresses need not be sorted. */
bool pages_pfn(const struct pages *p, uint64_t page, uint64_t *ret)
{
	for (size_t i = 0; i < p->map.count; i++) {
		const struct memmap_run *run = &p->map.runs[i];

		if (page >= run->vaddr &&
		    page - run->vaddr < run->pages * p->map.page_struct_size) {
			*ret = run->start_pfn + (page - run->vaddr) / p->map.page_struct_size;
			return true;
		}
	}
	return false;
}

bool pages_virtual(const struct pages *p, uint64_t pfn, uint64_t *ret)
{
	if (!p->direct || pfn >> (64 - p->shift))
		return false;
	*ret = p->direct + (pfn << p->shift);
	return true;
}

/*
 * A tail's word leads to its head: an address plus one, or since 7.1, where a struct page's size is a power of two, a mask for
 * the tail's own address. No struct page lies where such a mask would be an address.
 */
static uint64_t head_of(const struct pages *p, uint64_t page, uint64_t word)
{
	uint64_t value = word & ~UINT64_C(1), low = -value, pfn;

	if (!p->rules->tail || !(word & p->rules->tail))
		return page;
	if (!pages_pfn(p, value, &pfn) && low && (low & (low - 1)) == 0)
		value &= page;
	return pages_pfn(p, value, &pfn) && value <= page ? value : page;
}

static bool is_type(const struct page_type *type, uint32_t word)
{
	return (word & type->mask) == type->value;
}

static bool is_slab(const struct pages *p, uint64_t flags, uint32_t type)
{
	return (flags & p->rules->slab) || is_type(&p->rules->slab_type, type);
}

int page_read(struct pages *p, uint64_t page, struct page_info *ret, struct error *e)
{
	struct page_info info = { .addr = page };
	struct fields_of o, head;
	uint8_t word[8];
	int err;

	if (!pages_pfn(p, page, &info.pfn))
		return error_set(e, -EINVAL, "%" PRIx64 " is no struct page", page);
	err = fields_read(&p->fields, p->reader, page, &o, e);
	if (err == 0 && p->rules->tail)
		err = kernel_read(p->reader, page + p->rules->compound, word, sizeof(word), e);
	if (err < 0)
		return err;
	info.flags = fields_number(&o, FLAGS);
	info.mapping = fields_number(&o, MAPPING);
	info.index = fields_number(&o, INDEX);
	info.private = fields_number(&o, PRIVATE);
	info.type = (uint32_t)fields_number(&o, TYPE);
	info.count = (int32_t)fields_number(&o, COUNT);
	info.head = p->rules->tail ? head_of(p, page, le64_get(word)) : page;
	info.buddy = is_type(&p->rules->buddy, info.type);
	if (info.head == page)
		info.slab = is_slab(p, info.flags, info.type);
	else if (fields_read(&p->fields, p->reader, info.head, &head, NULL) == 0)
		info.slab = is_slab(p, fields_number(&head, FLAGS), fields_number(&head, TYPE));
	*ret = info;
	return 0;
}

bool page_free_block(struct pages *p, uint64_t pfn, struct page_info *ret_head, unsigned *ret_order)
{
	for (unsigned order = 0; order < p->rules->max_order; order++) {
		uint64_t addr;

		if (!pages_at(p, align_down(pfn, UINT64_C(1) << order), &addr) ||
		    page_read(p, addr, ret_head, NULL) < 0)
			continue;
		if (ret_head->buddy && ret_head->private >= order &&
		    ret_head->private < p->rules->max_order) {
			*ret_order = ret_head->private;
			return true;
		}
	}
	return false;
}

/* One window of struct pages: whole ones only. */
static int scan_window(struct pages *p, const uint8_t *bytes, size_t count, uint64_t vaddr,
		       uint64_t pfn,
		       int (*emit)(void *user, uint64_t page, uint64_t pfn, const void *bytes),
		       void *user)
{
	const struct page_rules *r = p->rules;
	int err = 0;

	for (size_t i = 0; i < count && err == 0; i++, bytes += r->size) {
		if (!is_slab(p, le64_get(bytes + r->flags), le32_get(bytes + r->mapcount)) ||
		    (r->tail && (le64_get(bytes + r->compound) & r->tail)))
			continue;
		err = emit(user, vaddr + i * r->size, pfn + i, bytes);
	}
	return err;
}

/* Through a reader of its own: what is lent stays while emit reads elsewhere. */
static int scan_run(struct pages *p, struct kernel_reader *r, const struct memmap_run *run,
		    int (*emit)(void *user, uint64_t page, uint64_t pfn, const void *bytes),
		    void *user, uint64_t *missing)
{
	const uint32_t size = p->map.page_struct_size;
	uint8_t one[1024];

	for (uint64_t done = 0; done < run->pages;) {
		uint64_t vaddr = run->vaddr + done * size, left = (run->pages - done) * size;
		const void *bytes;
		size_t len;
		int err = kernel_borrow(r, vaddr, MIN(left, SCAN_BYTES), &bytes, &len, NULL);

		/* a struct page that lies across what is lent */
		if (err == 0 && len < size) {
			err = kernel_read(r, vaddr, one, size, NULL);
			bytes = one;
			len = size;
		}
		if (err < 0) {
			uint64_t skip =
				DIV_ROUND_UP((UINT64_C(1) << p->shift) -
						     (vaddr & ((UINT64_C(1) << p->shift) - 1)),
					     size);

			skip = MIN(skip, run->pages - done);
			*missing += skip;
			done += skip;
			continue;
		}
		err = scan_window(p, bytes, len / size, vaddr, run->start_pfn + done, emit, user);
		if (err != 0)
			return err;
		done += len / size;
	}
	return 0;
}

int pages_each_slab(struct pages *p,
		    int (*emit)(void *user, uint64_t page, uint64_t pfn, const void *bytes),
		    void *user, uint64_t *ret_missing)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *r = NULL;
	uint64_t missing = 0;
	int err = kernel_reader_new(kernel_reader_kernel(p->reader), &r);

	for (size_t i = 0; i < p->map.count && err == 0; i++)
		err = scan_run(p, r, &p->map.runs[i], emit, user, &missing);
	*ret_missing = missing;
	return err;
}
