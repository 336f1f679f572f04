/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmem -i: what memory is used for. */
#include <inttypes.h>
#include <string.h>

#include "inspect/kmem.h"
#include "inspect/meminfo.h"
#include "inspect/pageflags.h"

struct line {
	const char *name, *key; /* NULL name: an empty line */
	uint64_t pages;
	const char *whole; /* that it is a part of; NULL: it is one itself */
	uint64_t whole_pages;
};

/* A walk over mem_map: pages that more than one user has, but for what was never the allocator's. */
static uint64_t count_shared(struct inspect *c)
{
	uint64_t shared = 0, reserved = 0;
	struct pageflags flags;
	struct pages *pages;

	if (inspect_pages(c, &pages, NULL) < 0 || pageflags_read(c, &flags, NULL) < 0)
		return MEMINFO_UNKNOWN;
	for (size_t i = 0; i < flags.count; i++)
		if (strcmp(flags.flag[i].name, "PG_reserved") == 0)
			reserved = UINT64_C(1) << flags.flag[i].bit;
	for (size_t i = 0; i < pages_map(pages)->count; i++) {
		const struct memmap_run *run = &pages_map(pages)->runs[i];

		for (uint64_t n = 0; n < run->pages; n++) {
			uint64_t addr = run->vaddr + n * pages_map(pages)->page_struct_size;
			struct page_info info;

			if (page_read(pages, addr, &info, NULL) == 0)
				shared += info.count > 1 && !(info.flags & reserved);
		}
	}
	return shared;
}

static void print_line(struct inspect *c, const struct line *l, uint64_t page_size)
{
	char words[MEMINFO_WORDS_SIZE];

	if (!l->name) {
		fputc('\n', c->out);
		return;
	}
	if (l->pages == MEMINFO_UNKNOWN) {
		fprintf(c->out, "%13s  (not in the dump)\n", l->name);
		return;
	}
	meminfo_words(l->pages * page_size, words);
	fprintf(c->out, "%13s  %7" PRIu64 "  %11s  ", l->name, l->pages, words);
	if (!l->whole) {
		fputs("       ----\n", c->out);
		return;
	}
	fprintf(c->out, "%3" PRIu64 "%% of %s\n",
		l->whole_pages && l->whole_pages != MEMINFO_UNKNOWN
			? l->pages * 100 / l->whole_pages
			: 0,
		l->whole);
}

static int print_json(struct inspect *c, const struct meminfo *m, const struct line *lines,
		      size_t count, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;

	inspect_json_begin(c, &j, &buf, "kmem");
	json_put_uint(&j, "page_size", m->page_size);
	json_put_object(&j, "pages");
	for (size_t i = 0; i < count; i++) {
		if (!lines[i].name)
			continue;
		json_name(&j, lines[i].key);
		if (lines[i].pages == MEMINFO_UNKNOWN)
			json_string(&j, NULL);
		else
			json_uint(&j, lines[i].pages);
	}
	json_object_end(&j);
	return inspect_json_end(c, &j, e);
}

int kmem_summary(struct kmem *k, struct error *e)
{
	static const char total[] = "TOTAL MEM", huge[] = "TOTAL HUGE", swap[] = "TOTAL SWAP",
			  limit[] = "TOTAL LIMIT";
	struct meminfo m;
	int err = meminfo_read(k->c, &m, e);

	if (err < 0)
		return err;
	const struct line lines[] = {
		{ "TOTAL MEM", "total", m.total, NULL, 0 },
		{ "FREE", "free", m.free, total, m.total },
		{ "USED", "used", m.total - MIN(m.free, m.total), total, m.total },
		{ "SHARED", "shared", k->shared ? count_shared(k->c) : 0, total, m.total },
		{ "BUFFERS", "buffers", m.buffers, total, m.total },
		{ "CACHED", "cached", m.cached, total, m.total },
		{ "SLAB", "slab", m.slab, total, m.total },
		{ 0 },
		{ "TOTAL HUGE", "huge_total", m.huge_total, NULL, 0 },
		{ "HUGE FREE", "huge_free", m.huge_free, huge, m.huge_total },
		{ 0 },
		{ "TOTAL SWAP", "swap_total", m.swap_total, NULL, 0 },
		{ "SWAP USED", "swap_used", m.swap_total - MIN(m.swap_free, m.swap_total), swap,
		  m.swap_total },
		{ "SWAP FREE", "swap_free", m.swap_free, swap, m.swap_total },
		{ 0 },
		{ "COMMIT LIMIT", "commit_limit", m.commit_limit, NULL, 0 },
		{ "COMMITTED", "committed", m.committed, limit, m.commit_limit },
	};
	const struct line *shared = &lines[3];

	if (k->c->json)
		return print_json(k->c, &m, lines, ARRAY_SIZE(lines), e);
	fputs("                 PAGES        TOTAL      PERCENTAGE\n", k->c->out);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		if (&lines[i] != shared || k->shared)
			print_line(k->c, &lines[i], m.page_size);
	return 0;
}
