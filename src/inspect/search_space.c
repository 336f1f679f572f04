/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/search.h"

#include <errno.h>

#include "base/progress.h"
#include "inspect/user.h"

/* How much of the dump is asked for at once. */
#define WINDOW MIB(16)

/* Leaves beyond those that memory has, that page tables may have before they are taken for endless. */
#define LEAVES_MORE 4000000

/* Where the kernel's half of addresses begins: with 4 levels of page tables, and with 5. */
#define KERNEL_START 0xffff800000000000
#define KERNEL_START_5 0xff00000000000000
#define USER_END (UINT64_C(1) << 47)
#define USER_END_5 (UINT64_C(1) << 56)

/* What x86_64's tables of a level map with one entry: 9 bits of index each. */
#define INDEX_BITS 9

struct walk {
	struct inspect *c;
	const struct search_area *area;
	struct search_scan *scan;
	struct search_stats *stats;
	struct kernel_reader *reader; /* its own: what it lends stays while others read */
	unsigned page_shift;
	uint64_t direct, direct_end, image, image_end;
};

static void skip_missing(struct walk *w, int err)
{
	if (err == -ENODATA)
		w->stats->excluded++;
	else if (err == -EIO)
		w->stats->lost++;
}

/* addr: as the scan calls it; paddr: where it is in the dump. */
static int scan_span(struct walk *w, uint64_t addr, uint64_t paddr, uint64_t len)
{
	struct dump_reader *reader = kernel_reader_dump(w->reader);
	const uint64_t page = UINT64_C(1) << w->page_shift;

	for (uint64_t done = 0; done < len;) {
		const void *bytes;
		size_t n;
		int err = dump_borrow(reader, paddr + done, MIN(len - done, WINDOW), &bytes, &n,
				      NULL);

		if (err < 0) {
			skip_missing(w, err);
			done += page - (paddr + done) % page;
			continue;
		}
		w->stats->bytes += n;
		progress_add(w->c->progress, n);
		progress_step(w->c->progress);
		err = search_bytes(w->scan, addr + done, bytes, n);
		if (err != 0)
			return err;
		done += n;
	}
	return 0;
}

static bool is_static(const struct walk *w, uint64_t addr)
{
	return (addr >= w->direct && addr < w->direct_end) ||
	       (addr >= w->image && addr < w->image_end);
}

static bool is_wanted(const struct walk *w, uint64_t addr)
{
	if (w->area->space == SEARCH_KERNEL_STATIC)
		return is_static(w, addr);
	return w->area->space != SEARCH_KERNEL_MAPPED || !is_static(w, addr);
}

static int map(struct walk *w, uint64_t addr, struct kernel_mapping *ret)
{
	return w->area->space == SEARCH_USER
		       ? user_mapping(w->c, w->area->mm, addr, ret, NULL)
		       : kernel_mapping(w->reader, UINT64_MAX, addr, ret, NULL);
}

/* Bytes that a table's entry stands for. */
static uint64_t entry_size(const struct walk *w, unsigned level)
{
	unsigned shift = w->page_shift + INDEX_BITS * (level - 1);

	return shift < 64 ? UINT64_C(1) << shift : 0;
}

/* Where the tables go on behind addr, which is not mapped; 0: nowhere. */
static uint64_t behind_hole(const struct walk *w, uint64_t addr, const struct kernel_mapping *m)
{
	uint64_t size = m->steps ? entry_size(w, m->step[m->steps - 1].level) : 0;

	return size ? align_down(addr, size) + size : 0;
}

static int walk_tables(struct walk *w, uint64_t start, uint64_t end)
{
	uint64_t leaves = dumpfile_info(kernel_dump(w->c->kernel))->max_pfn * 2 + LEAVES_MORE;
	uint64_t addr = start;

	/* end 0 is one past the last address of all */
	while (addr >= start && (end == 0 || addr < end)) {
		struct kernel_mapping m;
		uint64_t len, next;
		int err = map(w, addr, &m);

		if (leaves-- == 0) {
			w->stats->cut = true;
			break;
		}
		if (err < 0) {
			w->stats->cut |= err != -EFAULT;
			next = behind_hole(w, addr, &m);
			if (next == 0)
				break;
			addr = next;
			continue;
		}
		next = m.vaddr + m.size;
		len = next - addr;
		if (end != 0)
			len = MIN(len, end - addr);
		if (is_wanted(w, addr)) {
			err = scan_span(w, addr, m.paddr + (addr - m.vaddr), len);
			if (err != 0)
				return err;
		}
		if (next == 0)
			break;
		addr = next;
	}
	return 0;
}

static int walk_physical(struct walk *w, uint64_t start, uint64_t end)
{
	const struct dump_range *ranges;
	size_t count = dumpfile_ranges(kernel_dump(w->c->kernel), &ranges);
	int err = 0;

	for (size_t i = 0; i < count && err == 0; i++) {
		uint64_t from = MAX(start, ranges[i].paddr);
		uint64_t to = ranges[i].paddr + ranges[i].size;

		if (end != 0)
			to = MIN(to, end);
		if (from < to)
			err = scan_span(w, from, from, to - from);
	}
	return err;
}

static void find_static(struct walk *w)
{
	const struct dump_info *info = dumpfile_info(kernel_dump(w->c->kernel));
	struct symbols *symbols;
	struct pages *pages;

	if (inspect_pages(w->c, &pages, NULL) == 0 && pages_direct(pages)) {
		w->direct = pages_direct(pages);
		w->direct_end = w->direct + (info->max_pfn << w->page_shift);
	}
	if (inspect_symbols(w->c, &symbols, NULL) == 0 &&
	    (symbols_find(symbols, "_text", &w->image) ||
	     symbols_find(symbols, "_stext", &w->image)) &&
	    !symbols_find(symbols, "_end", &w->image_end))
		w->image_end = w->image;
}

static unsigned table_levels(struct walk *w)
{
	struct kernel_mapping m;
	uint64_t text;

	if (!vmcoreinfo_symbol(kernel_vmcoreinfo(w->c->kernel), "_stext", &text))
		return 0;
	(void)!kernel_mapping(w->reader, UINT64_MAX, text, &m, NULL);
	return m.steps ? m.step[0].level : 0;
}

int search_area(struct inspect *c, const struct search_area *area, struct search_scan *s,
		struct search_stats *stats, struct error *e)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *reader = NULL;
	struct walk w = { .c = c, .area = area, .scan = s, .stats = stats };
	uint64_t start = area->start, end = area->end;
	int err = kernel_reader_new(c->kernel, &reader);
	unsigned levels;

	if (err < 0)
		return error_errno(e, err, "search");
	w.reader = reader;
	w.page_shift = dumpfile_info(kernel_dump(c->kernel))->page_shift;
	if (area->space == SEARCH_PHYSICAL)
		return walk_physical(&w, start, end);
	levels = table_levels(&w);
	if (levels == 0)
		return error_set(e, -ENOENT,
				 "the page tables cannot be used: search -p looks through memory "
				 "without them");
	find_static(&w);
	if (area->space == SEARCH_USER)
		end = end ? end : levels > 4 ? USER_END_5 : USER_END;
	else
		start = MAX(start, levels > 4 ? KERNEL_START_5 : KERNEL_START);
	return walk_tables(&w, start, end);
}
