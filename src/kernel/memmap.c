/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/memmap.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"

/* include/linux/mmzone.h: the low bits of section_mem_map are flags; the rest is a page-aligned address. */
#define SECTION_MARKED_PRESENT 1
#define SECTION_HAS_MEM_MAP 2

/* x86_64's, where vmcoreinfo does not say (arch/x86/include/asm/sparsemem.h). */
#define DEFAULT_SECTION_SIZE_BITS 27
#define DEFAULT_MAX_PHYSMEM_BITS 46
#define DEFAULT_MAX_PHYSMEM_BITS_L5 52

/* Neighbours merge: a machine has a run for each of its memory holes. */
#define RUN_LIMIT ((size_t)1 << 18)

/* 512 TiB in sections of 128 MiB: what vmcoreinfo and the container say of more is not believed. */
#define SECTION_LIMIT (UINT64_C(1) << 22)

#define POINTERS UINT64_C(512)

/* What a walk over the sections needs. */
struct sections {
	struct kernel_reader *reader;
	struct memmap *map;
	size_t allocated;
	uint64_t max_pfn;
	uint64_t count;	      /* sections below max_pfn */
	uint64_t pages;	      /* in a section */
	uint64_t per_root;    /* sections in a root */
	uint64_t struct_size; /* SIZE(mem_section) */
	uint64_t offset;      /* of section_mem_map */
	uint64_t page_mask;   /* page size - 1 */
	uint64_t vmemmap;     /* where pfn 0's struct page would be; 0 where not known */
	uint64_t good;
	char *root; /* one root's bytes */
};

static int add_run(struct sections *s, uint64_t start_pfn, uint64_t pages, uint64_t vaddr)
{
	struct memmap *m = s->map;
	struct memmap_run *last = m->count ? &m->runs[m->count - 1] : NULL, *runs;
	size_t wanted;

	if (last && last->start_pfn + last->pages == start_pfn &&
	    last->vaddr + last->pages * m->page_struct_size == vaddr) {
		last->pages += pages;
		return 0;
	}
	if (m->count == s->allocated) {
		if (s->allocated == RUN_LIMIT)
			return -E2BIG;
		wanted = s->allocated ? s->allocated * 2 : 16;
		runs = reallocarray(m->runs, wanted, sizeof(*runs));
		if (!runs)
			return -ENOMEM;
		m->runs = runs;
		s->allocated = wanted;
	}
	m->runs[m->count++] =
		(struct memmap_run){ .start_pfn = start_pfn, .pages = pages, .vaddr = vaddr };
	return 0;
}

static bool is_mapped(struct sections *s, uint64_t vaddr)
{
	uint64_t paddr, contiguous;

	return kernel_translate(s->reader, vaddr, &paddr, &contiguous, NULL) == 0;
}

/* section_mem_map holds the address that pfn 0's struct page would have if the section went on downwards. */
static int take_section(struct sections *s, uint64_t nr, uint64_t section_mem_map)
{
	uint64_t start = nr * s->pages, base = section_mem_map & ~s->page_mask, vaddr;

	if (!(section_mem_map & SECTION_MARKED_PRESENT) || !(section_mem_map & SECTION_HAS_MEM_MAP))
		return 0;
	vaddr = base + start * s->map->page_struct_size;
	if ((s->vmemmap && base != s->vmemmap) || !is_mapped(s, vaddr)) {
		s->map->damaged_sections++;
		return 0;
	}
	s->good++;
	return add_run(s, start, MIN(s->pages, s->max_pfn - start), vaddr);
}

/* The sections of one root: an array of struct mem_section at vaddr. */
static int take_root(struct sections *s, uint64_t first, uint64_t n, uint64_t vaddr)
{
	if (vaddr % 8 || kernel_read(s->reader, vaddr, s->root, n * s->struct_size, NULL) < 0) {
		s->map->damaged_sections += n;
		return 0;
	}
	for (uint64_t i = 0; i < n; i++) {
		int err = take_section(s, first + i,
				       le64_get(s->root + i * s->struct_size + s->offset));

		if (err < 0)
			return err;
	}
	return 0;
}

/* SPARSEMEM_EXTREME: an array of pointers to roots. -EFAULT and others where the array cannot be read. */
static int take_roots(struct sections *s, uint64_t array)
{
	uint64_t roots = DIV_ROUND_UP(s->count, s->per_root);
	char pointers[POINTERS * 8];

	for (uint64_t i = 0; i < roots; i++) {
		uint64_t first = i * s->per_root, root;
		int err;

		if (i % POINTERS == 0) {
			err = kernel_read(s->reader, array + i * 8, pointers,
					  MIN(POINTERS, roots - i) * 8, NULL);
			if (err < 0)
				return err;
		}
		root = le64_get(pointers + i % POINTERS * 8);
		if (root == 0)
			continue;
		err = take_root(s, first, MIN(s->per_root, s->count - first), root);
		if (err < 0)
			return err;
	}
	return 0;
}

/* A static array of all sections. */
static int take_array(struct sections *s, uint64_t array)
{
	for (uint64_t first = 0; first < s->count; first += s->per_root) {
		int err = take_root(s, first, MIN(s->per_root, s->count - first),
				    array + first * s->struct_size);

		if (err < 0)
			return err;
	}
	return 0;
}

static void forget(struct sections *s)
{
	s->map->count = 0;
	s->map->damaged_sections = 0;
	s->good = 0;
}

/*
 * vmcoreinfo's SYMBOL(mem_section) is the array of roots; where it was taken from a symbol table instead it is, since
 * 4.15, the pointer to it. What gives sections that make sense is right.
 */
static int try_mem_section(struct sections *s, bool extreme, uint64_t symbol)
{
	char pointer[8];
	int err = extreme ? take_roots(s, symbol) : take_array(s, symbol);

	if (err == -ENOMEM || s->good > 0 || !extreme)
		return err;
	forget(s);
	err = kernel_read(s->reader, symbol, pointer, sizeof(pointer), NULL);
	return err < 0 ? err : take_roots(s, le64_get(pointer));
}

static int64_t number_or(const struct vmcoreinfo *v, const char *name, int64_t otherwise)
{
	int64_t n;

	return vmcoreinfo_number(v, name, &n) ? n : otherwise;
}

static int read_sparse(struct kernel *k, struct sections *s, struct error *e)
{
	const struct vmcoreinfo *v = kernel_vmcoreinfo(k);
	const uint64_t page_size = s->page_mask + 1;
	int64_t l5 = number_or(v, "pgtable_l5_enabled", 0);
	int64_t section_bits = number_or(v, "SECTION_SIZE_BITS", DEFAULT_SECTION_SIZE_BITS);
	int64_t physmem_bits = number_or(
		v, "MAX_PHYSMEM_BITS", l5 ? DEFAULT_MAX_PHYSMEM_BITS_L5 : DEFAULT_MAX_PHYSMEM_BITS);
	uint64_t symbol, length, sections;
	bool extreme;
	int err;

	if (!vmcoreinfo_symbol(v, "mem_section", &symbol))
		return -ENOENT;
	if (!vmcoreinfo_size(v, "mem_section", &s->struct_size) ||
	    !vmcoreinfo_offset(v, "mem_section.section_mem_map", &s->offset) ||
	    s->struct_size == 0 || s->struct_size > page_size ||
	    !range_inside(s->offset, 8, s->struct_size) || section_bits < 20 || section_bits > 36 ||
	    physmem_bits <= section_bits || physmem_bits > 56)
		return error_set(e, -EINVAL, "vmcoreinfo describes mem_section in no usable way");

	sections = UINT64_C(1) << (physmem_bits - section_bits);
	s->pages = (UINT64_C(1) << section_bits) / page_size;
	s->count = MIN(MIN(sections, SECTION_LIMIT), DIV_ROUND_UP(s->max_pfn, s->pages));
	s->per_root = page_size / s->struct_size;
	s->max_pfn = MIN(s->max_pfn, s->count * s->pages);
	extreme = !vmcoreinfo_length(v, "mem_section", &length) ||
		  length == DIV_ROUND_UP(sections, s->per_root);
	s->root = malloc(page_size);
	if (!s->root)
		return error_errno(e, -ENOMEM, "mem_section");
	err = try_mem_section(s, extreme, symbol);
	free(s->root);
	if (err == -ENOMEM)
		return error_errno(e, err, "mem_section");
	if (s->good == 0)
		return error_set(e, -EINVAL,
				 "mem_section at 0x%" PRIx64 " holds no section that makes sense",
				 symbol);
	return 0;
}

/* FLATMEM: mem_map is a pointer to the struct page of pfn 0; only those of the node's pages are there. */
static int read_flat(struct kernel *k, struct sections *s, struct error *e)
{
	const struct vmcoreinfo *v = kernel_vmcoreinfo(k);
	uint64_t symbol, node, start_at, spanned_at, start, spanned, vaddr;
	char bytes[8];
	int err;

	if (!vmcoreinfo_symbol(v, "mem_map", &symbol))
		return -ENOENT;
	if (!vmcoreinfo_symbol(v, "contig_page_data", &node) ||
	    !vmcoreinfo_offset(v, "pglist_data.node_start_pfn", &start_at) ||
	    !vmcoreinfo_offset(v, "pglist_data.node_spanned_pages", &spanned_at))
		return error_set(e, -EINVAL, "vmcoreinfo does not tell how long mem_map is");

	err = kernel_read(s->reader, symbol, bytes, 8, e);
	if (err < 0)
		return error_prefix(e, err, "mem_map");
	vaddr = le64_get(bytes);
	err = kernel_read(s->reader, node + start_at, bytes, 8, e);
	if (err < 0)
		return error_prefix(e, err, "contig_page_data");
	start = le64_get(bytes);
	err = kernel_read(s->reader, node + spanned_at, bytes, 8, e);
	if (err < 0)
		return error_prefix(e, err, "contig_page_data");
	spanned = le64_get(bytes);

	vaddr += start * s->map->page_struct_size;
	if (start >= s->max_pfn || spanned == 0 || vaddr % 8 || !is_mapped(s, vaddr))
		return error_set(e, -EINVAL, "mem_map or contig_page_data makes no sense");
	return add_run(s, start, MIN(spanned, s->max_pfn - start), vaddr);
}

/* Where mem_section cannot be read but the kernel told where vmemmap is (6.9): memory that exists has its struct pages. */
static int read_vmemmap(struct kernel *k, struct sections *s)
{
	const struct dump_range *ranges;
	size_t count = dumpfile_ranges(kernel_dump(k), &ranges);
	const uint64_t page_size = s->page_mask + 1;

	if (!s->vmemmap)
		return -ENOENT;
	s->map->count = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t start = ranges[i].paddr / page_size;
		uint64_t vaddr = s->vmemmap + start * s->map->page_struct_size;
		int err;

		if (!is_mapped(s, vaddr))
			continue;
		err = add_run(s, start, ranges[i].size / page_size, vaddr);
		if (err < 0)
			return err;
	}
	return s->map->count ? 0 : -ENOENT;
}

int memmap_read(struct kernel *k, struct memmap *ret, struct error *e)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *reader = NULL;
	const struct dump_info *info = dumpfile_info(kernel_dump(k));
	const struct vmcoreinfo *v = kernel_vmcoreinfo(k);
	struct memmap m = { 0 };
	struct sections s = { .map = &m, .max_pfn = info->max_pfn };
	uint64_t size;
	int err;

	if (!vmcoreinfo_size(v, "page", &size) || size < 16 || size > 1024 || size % 8)
		return error_set(e, -EINVAL, "vmcoreinfo has no usable SIZE(page)");
	m.page_struct_size = size;
	s.page_mask = info->page_size - 1;
	if (!vmcoreinfo_symbol(v, "vmemmap", &s.vmemmap))
		s.vmemmap = 0;
	err = kernel_reader_new(k, &reader);
	if (err < 0)
		return error_errno(e, err, "memory map");
	s.reader = reader;

	err = read_sparse(k, &s, e);
	if (err == -ENOENT)
		err = read_flat(k, &s, e);
	if (err < 0 && err != -ENOMEM && read_vmemmap(k, &s) == 0)
		err = 0;
	if (err < 0) {
		memmap_done(&m);
		if (err == -ENOENT)
			return error_set(e, err, "vmcoreinfo does not tell where mem_map is");
		return error_prefix(e, err, "memory map");
	}
	*ret = m;
	return 0;
}

void memmap_done(struct memmap *m)
{
	free(m->runs);
	*m = (struct memmap){ 0 };
}
