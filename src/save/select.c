/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"
#include "save/parallel.h"

/*
 * A thread's piece of work, in pages. Free blocks and compound pages are aligned to their size and no larger than this (1 GiB
 * of 4 KiB pages), so that none reaches from one piece into the next, and no word of the bitmap belongs to two threads.
 */
#define PIECE_SHIFT 18
#define PIECE_PAGES (UINT64_C(1) << PIECE_SHIFT)

struct scan {
	struct dumpfile *dump;
	const struct select_kernel *kernel;
	unsigned level;
	bool sample;
	const struct dump_range *ranges;
	size_t range_count;
	uint32_t page_size;
	struct bitmap *kept;
	struct progress *progress;
	uint64_t pieces;
	_Atomic uint64_t next_piece;
	struct selection counts[PARALLEL_MAX]; /* kept unused */
};

/* One thread at one piece. */
struct piece {
	struct scan *scan;
	struct selection *counts;
	uint64_t start, end; /* pfns */
};

bool level_excludes(unsigned level, enum page_class class)
{
	static const unsigned bits[PAGE_CLASS_COUNT] = {
		[PAGE_CACHE] = LEVEL_CACHE | LEVEL_CACHE_PRIVATE,
		[PAGE_CACHE_PRIVATE] = LEVEL_CACHE_PRIVATE,
		[PAGE_USER] = LEVEL_USER,
		[PAGE_FREE] = LEVEL_FREE,
		/* Reading poisoned memory is a machine check; a balloon's is not ours: out at any level. */
		[PAGE_HWPOISON] = UINT_MAX,
		[PAGE_OFFLINE] = UINT_MAX,
	};

	return bits[class] == UINT_MAX || (level & bits[class]);
}

uint64_t selection_kept_at(const struct selection *s, unsigned level)
{
	uint64_t pages = 0;

	for (enum page_class c = 0; c < PAGE_CLASS_COUNT; c++)
		if (!level_excludes(level, c))
			pages += s->class_pages[c];
	return pages;
}

/* Called by page_scan() for each run that is not the kernel's own. */
static void take_run(void *user, uint64_t pfn, uint64_t count, enum page_class class)
{
	struct piece *p = user;

	if (pfn >= p->end || count > p->end - pfn)
		count = pfn >= p->end ? 0 : p->end - pfn;
	p->counts->class_pages[class] += bitmap_count(p->scan->kept, pfn, count);
	if (p->counts->samples)
		class_sample_add(&p->counts->samples[class], pfn, count);
	if (level_excludes(p->scan->level, class))
		bitmap_clear_range(p->scan->kept, pfn, count);
}

/* The first range that ends after pfn. */
static size_t first_range(const struct scan *s, uint64_t pfn)
{
	return search_first(i, s->range_count,
			    (s->ranges[i].paddr + s->ranges[i].size) / s->page_size > pfn);
}

/* Sets the bits of memory that the dump has, or should have. */
static void set_present(struct piece *p)
{
	struct scan *s = p->scan;

	for (size_t i = first_range(s, p->start); i < s->range_count; i++) {
		uint64_t pfn = MAX(s->ranges[i].paddr / s->page_size, p->start);
		uint64_t end = (s->ranges[i].paddr + s->ranges[i].size) / s->page_size;

		if (pfn >= p->end)
			break;
		for (end = MIN(end, p->end); pfn < end;) {
			uint64_t next;
			enum page_state state = dumpfile_page_run(s->dump, pfn, &next);
			uint64_t n = MIN(next, end) - pfn;

			p->counts->ram_pages += state == PAGE_ABSENT ? 0 : n;
			p->counts->lost_pages += state == PAGE_LOST ? n : 0;
			p->counts->excluded_pages += state == PAGE_EXCLUDED ? n : 0;
			if (state == PAGE_PRESENT || state == PAGE_LOST)
				bitmap_set_range(s->kept, pfn, n);
			pfn += n;
		}
	}
}

/*
 * Lends struct pages from pfn on, *ret_n of them. A head's order stands in the struct page behind it, so that none is lent as
 * the last one: heads have even pfns. buf holds two struct pages, for those no loan holds whole.
 */
static int lend_structs(struct kernel_reader *r, const struct memmap_run *run, uint32_t size,
			uint64_t pfn, uint64_t want, uint8_t *buf, const void **ret, size_t *ret_n)
{
	uint64_t vaddr = run->vaddr + (pfn - run->start_pfn) * size;
	uint64_t left = run->start_pfn + run->pages - pfn;
	const void *lent;
	size_t len, n;
	int res = kernel_borrow(r, vaddr, want * size, &lent, &len, NULL);

	if (res < 0)
		return res;
	n = MIN(len / size, want);
	if ((pfn + n) % 2 && n < left && n)
		n--;
	if (!n) {
		n = MIN(left, (uint64_t)2);
		res = kernel_read(r, vaddr, buf, n * size, NULL);
		if (res < 0)
			return res;
		lent = buf;
	}
	*ret = lent;
	*ret_n = n;
	return 0;
}

/* Are there pages that will be read and are judged by the head of their block alone? */
static bool keeps_blocks(unsigned level)
{
	return !level_excludes(level, PAGE_CACHE) || !level_excludes(level, PAGE_CACHE_PRIVATE) ||
	       !level_excludes(level, PAGE_USER) || !level_excludes(level, PAGE_FREE);
}

/* Judges the pages of [pfn, end), all of one run. */
static void scan_run(struct piece *p, struct kernel_reader *r, const struct memmap_run *run,
		     uint64_t pfn, uint64_t end, uint8_t *buf)
{
	const struct select_kernel *k = p->scan->kernel;
	uint32_t size = k->memmap->page_struct_size, page_size = p->scan->page_size;
	struct page_verdict block = { 0 }, *inside = keeps_blocks(p->scan->level) ? &block : NULL;

	while (pfn < end) {
		const void *structs;
		size_t n;

		if (lend_structs(r, run, size, pfn, end - pfn, buf, &structs, &n) < 0) {
			/* The next one that may be readable begins on the next page of memory. */
			uint64_t vaddr = run->vaddr + (pfn - run->start_pfn) * size;

			n = DIV_ROUND_UP(page_size - vaddr % page_size, size);
			n = MIN(n, end - pfn);
			block.pages = 0;
			p->counts->unjudged_pages += bitmap_count(p->scan->kept, pfn, n);
			pfn += n;
			continue;
		}
		page_scan(k->rules, structs, n, NULL, pfn, inside, take_run, p, &pfn);
	}
}

/* The first run that ends after pfn. */
static size_t first_run(const struct memmap *m, uint64_t pfn)
{
	return search_first(i, m->count, m->runs[i].start_pfn + m->runs[i].pages > pfn);
}

static void judge_piece(struct piece *p, struct kernel_reader *r, uint8_t *buf)
{
	const struct memmap *m = p->scan->kernel->memmap;

	for (size_t i = first_run(m, p->start); i < m->count; i++) {
		const struct memmap_run *run = &m->runs[i];
		uint64_t pfn = MAX(run->start_pfn, p->start);
		uint64_t end = MIN(run->start_pfn + run->pages, p->end);

		if (pfn >= p->end)
			break;
		scan_run(p, r, run, pfn, end, buf);
	}
}

static int scan_pieces(void *user, unsigned index)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *reader = NULL;
	_cleanup_free_ uint8_t *buf = NULL;
	struct scan *s = user;
	uint64_t i;

	if (s->kernel) {
		int r = kernel_reader_new(s->kernel->kernel, &reader);

		buf = malloc(2 * (size_t)s->kernel->memmap->page_struct_size);
		if (s->sample)
			s->counts[index].samples =
				calloc(PAGE_CLASS_COUNT, sizeof(struct class_sample));
		/* Without memory for one more the first thread does the work. */
		if (r < 0 || !buf)
			return index ? 0 : r < 0 ? r : -ENOMEM;
	}
	while ((i = atomic_fetch_add_explicit(&s->next_piece, 1, memory_order_relaxed)) <
	       s->pieces) {
		struct piece p = {
			.scan = s,
			.counts = &s->counts[index],
			.start = i * PIECE_PAGES,
			.end = MIN((i + 1) * PIECE_PAGES, s->kept->bits),
		};

		set_present(&p);
		if (s->kernel)
			judge_piece(&p, reader, buf);
		progress_add(s->progress, p.end - p.start);
		if (index == 0)
			progress_step(s->progress);
	}
	return 0;
}

/* The first thread's samples get the others'. */
static void sum_samples(struct selection *to, struct selection *counts, unsigned threads)
{
	to->samples = counts[0].samples;
	for (unsigned t = 1; t < threads; t++) {
		for (enum page_class c = 0;
		     to->samples && counts[t].samples && c < PAGE_CLASS_COUNT; c++)
			class_sample_join(&to->samples[c], &counts[t].samples[c]);
		free(counts[t].samples);
	}
}

static void sum_counts(struct selection *to, struct selection *counts, unsigned threads)
{
	uint64_t other = 0;

	sum_samples(to, counts, threads);
	for (unsigned t = 0; t < threads; t++) {
		to->ram_pages += counts[t].ram_pages;
		to->excluded_pages += counts[t].excluded_pages;
		to->lost_pages += counts[t].lost_pages;
		to->unjudged_pages += counts[t].unjudged_pages;
		for (enum page_class c = 0; c < PAGE_CLASS_COUNT; c++)
			to->class_pages[c] += counts[t].class_pages[c];
	}
	to->class_pages[PAGE_KERNEL] = 0;
	for (enum page_class c = 0; c < PAGE_CLASS_COUNT; c++)
		other += to->class_pages[c];
	to->class_pages[PAGE_KERNEL] = to->ram_pages - to->excluded_pages - other;
}

int select_pages(const struct select_job *j, struct selection *ret, struct error *e)
{
	const struct dump_info *info = dumpfile_info(j->dump);
	struct selection sel = { 0 };
	_cleanup_free_ struct scan *s = calloc(1, sizeof(*s));
	unsigned threads;
	int r;

	if (!s)
		return error_set(e, -ENOMEM, "out of memory");
	r = bitmap_init(&sel.kept, info->max_pfn);
	if (r < 0)
		return error_errno(e, r, "bitmap of %llu pages", (unsigned long long)info->max_pfn);
	s->dump = j->dump;
	s->kernel = j->kernel;
	s->level = j->level;
	s->sample = j->sample;
	s->page_size = info->page_size;
	s->range_count = dumpfile_ranges(j->dump, &s->ranges);
	s->kept = &sel.kept;
	s->progress = j->progress;
	s->pieces = DIV_ROUND_UP(info->max_pfn, PIECE_PAGES);
	threads = (unsigned)MIN((uint64_t)MIN(j->threads, (unsigned)PARALLEL_MAX), s->pieces);

	progress_begin(j->progress, "selecting pages", info->max_pfn);
	r = parallel_run(threads, scan_pieces, s);
	progress_end(j->progress);
	sum_counts(&sel, s->counts, threads);
	if (r < 0) {
		selection_done(&sel);
		return error_errno(e, r, "selecting pages");
	}
	sel.kept_pages = bitmap_count(&sel.kept, 0, sel.kept.bits);
	*ret = sel;
	return 0;
}

void selection_done(struct selection *s)
{
	bitmap_done(&s->kept);
	free(s->samples);
	s->samples = NULL;
}
