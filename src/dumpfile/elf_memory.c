/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "dumpfile/elf_memory.h"

static int by_start(const void *a, const void *b)
{
	const struct elf_extent *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end;
}

/* The part of x in [start, end). */
static struct elf_extent clip(const struct elf_extent *x, uint64_t start, uint64_t end)
{
	return (struct elf_extent){
		.start = start,
		.there = MIN(MAX(x->there, start), end),
		.stored = MIN(MAX(x->stored, start), end),
		.end = end,
		.offset = x->offset + (start - x->start),
		.vaddr = x->vaddr == UINT64_MAX ? UINT64_MAX : x->vaddr + (start - x->start),
	};
}

/*
 * Keeps in place what lies above all that came before; what was covered goes to rest (if not NULL), which stays
 * sorted. Returns how many were kept.
 */
static size_t uncover(struct elf_extent *x, size_t n, struct elf_extent *rest, size_t *ret_rest)
{
	uint64_t covered = 0;
	size_t kept = 0, left = 0;

	for (size_t i = 0; i < n; i++) {
		struct elf_extent e = x[i];

		if (rest && e.start < covered)
			rest[left++] = clip(&e, e.start, MIN(e.end, covered));
		if (e.end <= covered)
			continue;
		x[kept++] = clip(&e, MAX(e.start, covered), e.end);
		covered = e.end;
	}
	*ret_rest = left;
	return kept;
}

int elf_memory_build(struct elf *f, struct elf_extent *extents, size_t n)
{
	struct elf_extent *rest;
	size_t n_rest = 0;

	f->layers[0].extents = extents;
	qsort(extents, n, sizeof(*extents), by_start);
	rest = calloc(n, sizeof(*rest));
	if (!rest)
		return -ENOMEM;
	f->layers[0].n = uncover(extents, n, rest, &n_rest);
	f->layers[1].extents = rest;
	f->layers[1].n = uncover(rest, n_rest, NULL, &n_rest);
	return 0;
}

void elf_memory_done(struct elf *f)
{
	for (unsigned i = 0; i < ELF_LAYERS; i++)
		free(f->layers[i].extents);
}

/* The first extent that ends above paddr; n where there is none. */
static size_t locate(const struct elf_layer *l, uint64_t paddr)
{
	return search_first(i, l->n, l->extents[i].end > paddr);
}

/* What one layer knows of the byte at paddr and all up to *end, which is lowered to where that changes. */
static enum page_state layer_state(const struct elf_layer *l, uint64_t paddr, uint64_t *end,
				   const struct elf_extent **ret)
{
	size_t i = locate(l, paddr);
	const struct elf_extent *x;

	*ret = NULL;
	if (i == l->n)
		return PAGE_ABSENT;
	x = &l->extents[i];
	if (paddr < x->start) {
		*end = MIN(*end, x->start);
		return PAGE_ABSENT;
	}
	*ret = x;
	if (paddr < x->there) {
		*end = MIN(*end, x->there);
		return PAGE_PRESENT;
	}
	if (paddr < x->stored) {
		*end = MIN(*end, x->stored);
		return PAGE_LOST;
	}
	*end = MIN(*end, x->end);
	return PAGE_EXCLUDED;
}

/* The best any layer has. */
static enum page_state byte_state(const struct elf *f, uint64_t paddr, uint64_t *end,
				  const struct elf_extent **ret)
{
	enum page_state best = layer_state(&f->layers[0], paddr, end, ret);

	for (unsigned i = 1; i < ELF_LAYERS && best != PAGE_PRESENT && f->layers[i].n; i++) {
		const struct elf_extent *x;
		enum page_state s = layer_state(&f->layers[i], paddr, end, &x);

		if (s > best) {
			best = s;
			*ret = x;
		}
	}
	return best;
}

/*
 * A page of several extents: lost where a part is, else present where a part is. What no segment has of a present page
 * reads as zero: segments of firmware memory need not end at a page.
 */
enum page_state elf_page_run(const struct dumpfile *d, uint64_t pfn, uint64_t *ret_end)
{
	static const unsigned weight[] = {
		[PAGE_ABSENT] = 0, [PAGE_EXCLUDED] = 1, [PAGE_PRESENT] = 2, [PAGE_LOST] = 3
	};
	unsigned shift = d->info.page_shift;
	uint64_t at = pfn << shift, page_end = (pfn + 1) << shift, end = d->info.max_pfn << shift;
	const struct elf_extent *x;
	enum page_state state = byte_state(d->format, at, &end, &x);

	if (end >= page_end) {
		*ret_end = end >> shift;
		return state;
	}
	while (end < page_end) {
		enum page_state s;

		at = end;
		end = page_end;
		s = byte_state(d->format, at, &end, &x);
		if (weight[s] > weight[state])
			state = s;
	}
	*ret_end = pfn + 1;
	return state;
}

ssize_t elf_lend(struct dump_reader *r, uint64_t paddr, size_t want, const void **ret)
{
	const struct dump_info *info = &r->dump->info;
	uint64_t page_end = (paddr | (info->page_size - 1)) + 1, end = UINT64_MAX, n;
	const struct elf_extent *x;

	if (byte_state(r->dump->format, paddr, &end, &x) != PAGE_PRESENT ||
	    (end < page_end && end - paddr < want))
		return 0;
	want = (size_t)MIN(want, end - paddr);
	n = source_lend(r->dump->source, &r->window, x->offset + (paddr - x->start), want, ret);
	/* Whole pages, unless the caller asked for less. */
	if (n < want)
		n = paddr + n < page_end ? 0 : align_down(paddr + n, info->page_size) - paddr;
	else if (paddr + n > page_end && paddr + n == end)
		n = align_down(paddr + n, info->page_size) - paddr;
	return (ssize_t)n;
}

int elf_load_page(struct dump_reader *r, uint64_t pfn, void *page, struct error *e)
{
	static const int codes[] = {
		[PAGE_ABSENT] = -ENXIO, [PAGE_EXCLUDED] = -ENODATA, [PAGE_LOST] = -EIO
	};
	const struct dump_info *info = &r->dump->info;
	uint64_t start = pfn << info->page_shift, page_end = start + info->page_size, end;
	enum page_state state = elf_page_run(r->dump, pfn, &end);

	if (state != PAGE_PRESENT)
		return codes[state];
	for (uint64_t at = start; at < page_end; at = end) {
		const struct elf_extent *x;
		uint8_t *out = (uint8_t *)page + (at - start);
		int err;

		end = page_end;
		if (byte_state(r->dump->format, at, &end, &x) != PAGE_PRESENT) {
			memset(out, 0, end - at);
			continue;
		}
		err = source_read(r->dump->source, out, end - at, x->offset + (at - x->start));
		if (err < 0)
			return error_errno(e, -EIO, "read of %s at offset %#llx", r->dump->name,
					   (unsigned long long)(x->offset + (at - x->start)));
	}
	return 0;
}

int elf_memory_ranges(struct dumpfile *d)
{
	const struct elf *f = d->format;
	const struct elf_layer *l = &f->layers[0];
	uint64_t page = d->info.page_size, covered = 0;
	int r;

	for (size_t i = 0; i < l->n; i++) {
		const struct elf_extent *x = &l->extents[i];
		uint64_t start = MAX(align_down(x->start, page), covered);
		uint64_t end = align_up(x->end, page);
		uint64_t vaddr = x->vaddr;

		if (start >= end)
			continue;
		if (vaddr != UINT64_MAX)
			vaddr += start - x->start;
		r = ranges_add(d, start, end - start, vaddr);
		if (r == -E2BIG) {
			damage_add(d, "more segments than are listed: memory above %#llx",
				   (unsigned long long)start);
			break;
		}
		if (r < 0)
			return r;
		covered = end;
	}
	d->info.max_pfn = covered / page;
	return 0;
}
