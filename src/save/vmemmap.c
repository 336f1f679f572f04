/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/vmemmap.h"

#include <errno.h>
#include <stdlib.h>

/* Two looks at every page of the memory map; the second takes back pages that are mapped once more (HVO). */
struct vmemmap_scan {
	const struct select_kernel *kernel;
	const struct bitmap *kept;
	struct bitmap *unused;
	struct dumpfile *dump;
	struct kernel_reader *reader;
	uint32_t page_size;
	bool take_back;
};

/* Is all of the memory [pfn, end) the machine's, and left out? What the dump does not know may be anything. */
static bool is_left_out(const struct vmemmap_scan *s, uint64_t pfn, uint64_t end)
{
	if (end > s->kept->bits || bitmap_next_set(s->kept, pfn) < end)
		return false;
	while (pfn < end)
		if (dumpfile_page_run(s->dump, pfn, &pfn) == PAGE_ABSENT)
			return false;
	return true;
}

/* The struct pages in [from, to) of a run, which is one page of memory or a part of it. */
static void look_at(struct vmemmap_scan *s, const struct memmap_run *run, uint64_t from,
		    uint64_t to)
{
	uint32_t size = s->kernel->memmap->page_struct_size;
	uint64_t first = run->start_pfn + (from - run->vaddr) / size;
	uint64_t end = run->start_pfn + DIV_ROUND_UP(to - run->vaddr, size), paddr, contiguous;
	/* A page that holds struct pages of two runs, or more than them, is not ours alone. */
	bool used = to - from < s->page_size || !is_left_out(s, first, end);

	if (used != s->take_back ||
	    kernel_translate(s->reader, from, &paddr, &contiguous, NULL) < 0 ||
	    paddr / s->page_size >= s->unused->bits)
		return;
	if (used)
		bitmap_clear(s->unused, paddr / s->page_size);
	else
		bitmap_set(s->unused, paddr / s->page_size);
}

static void look_at_all(struct vmemmap_scan *s)
{
	const struct memmap *m = s->kernel->memmap;

	for (size_t i = 0; i < m->count; i++) {
		const struct memmap_run *run = &m->runs[i];
		uint64_t end = run->vaddr + run->pages * m->page_struct_size, next;

		for (uint64_t at = run->vaddr; at < end; at = next) {
			next = MIN(align_down(at, s->page_size) + s->page_size, end);
			look_at(s, run, at, next);
		}
	}
}

int vmemmap_clear(const struct select_kernel *k, struct bitmap *kept, uint64_t *ret,
		  struct error *e)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *reader = NULL;
	_cleanup_bitmap_ struct bitmap unused = { 0 };
	struct vmemmap_scan s = {
		.kernel = k,
		.kept = kept,
		.unused = &unused,
		.dump = kernel_dump(k->kernel),
		.page_size = dumpfile_info(kernel_dump(k->kernel))->page_size,
	};
	uint64_t cleared = 0;
	int r = kernel_reader_new(k->kernel, &reader);

	if (r >= 0)
		r = bitmap_init(&unused, kept->bits);
	if (r < 0)
		return error_errno(e, r, "struct pages that are not needed");
	s.reader = reader;
	look_at_all(&s);
	s.take_back = true;
	look_at_all(&s);
	for (uint64_t i = 0; i < DIV_ROUND_UP(kept->bits, 64); i++) {
		cleared += (uint64_t)__builtin_popcountll(kept->words[i] & unused.words[i]);
		kept->words[i] &= ~unused.words[i];
	}
	*ret = cleared;
	return 0;
}
