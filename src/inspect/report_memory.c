/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section: what memory was used for. */
#include <stddef.h>

#include "inspect/meminfo.h"
#include "inspect/report_impl.h"

#define CACHES_SHOWN 8
#define TASKS_SHOWN 8

/* In the order of /proc/meminfo, as far as they tell. */
static const struct {
	const char *name, *label;
	size_t offset;
} amounts[] = {
#define AMOUNT(field, label)                                                                       \
	{                                                                                          \
#field, label, offsetof(struct meminfo, field)                                     \
	}
	AMOUNT(total, "Total"),
	AMOUNT(free, "Free"),
	AMOUNT(available, "Available"),
	AMOUNT(buffers, "Buffers"),
	AMOUNT(cached, "Page cache"),
	AMOUNT(anon, "Anonymous"),
	AMOUNT(shmem, "Shared"),
	AMOUNT(dirty, "Dirty"),
	AMOUNT(writeback, "Written back"),
	AMOUNT(unevictable, "Unevictable"),
	AMOUNT(slab, "Slab"),
	AMOUNT(slab_reclaimable, "Slab, reclaimable"),
	AMOUNT(page_tables, "Page tables"),
	AMOUNT(kernel_stacks, "Kernel stacks"),
	AMOUNT(huge_total, "Huge pages"),
	AMOUNT(swap_total, "Swap"),
	AMOUNT(swap_free, "Swap, free"),
	AMOUNT(commit_limit, "Commit limit"),
	AMOUNT(committed, "Committed"),
#undef AMOUNT
};

static void add_amounts(struct report *r, const struct meminfo *m)
{
	static const struct column columns[] = {
		{ "name", NULL, COLUMN_TEXT, 0 },
		{ NULL, "", COLUMN_TEXT, 0 },
		{ "bytes", NULL, COLUMN_UINT, 0 },
		{ NULL, "", COLUMN_TEXT, 0 },
	};
	char words[MEMINFO_WORDS_SIZE];

	document_table(r->doc, "amounts", NULL, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < ARRAY_SIZE(amounts); i++) {
		uint64_t pages = *(const uint64_t *)((const char *)m + amounts[i].offset), bytes;

		if (pages == MEMINFO_UNKNOWN || mul_overflow(pages, m->page_size, &bytes))
			continue;
		meminfo_words(bytes, words);
		document_row(r->doc, (const union cell[]){ { .text = amounts[i].name },
							   { .text = amounts[i].label },
							   { .n = bytes },
							   { .text = words } });
	}
}

static void add_tasks(struct report *r)
{
	static const struct column columns[] = {
		{ "pid", "pid", COLUMN_UINT, 0 },
		{ "comm", "command", COLUMN_TEXT, 0 },
		{ "rss_kib", NULL, COLUMN_UINT, 0 },
		{ NULL, "resident", COLUMN_TEXT, 0 },
	};
	const struct task *tasks[TASKS_SHOWN];
	struct error e = { 0 };
	size_t count;

	if (meminfo_tasks(r->c, tasks, ARRAY_SIZE(tasks), &count, &e) < 0) {
		document_damage(r->doc, "processes: %s", error_text(&e));
		return;
	}
	document_table(r->doc, "tasks", "The largest processes", columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < count; i++) {
		char words[MEMINFO_WORDS_SIZE];

		meminfo_words(tasks[i]->rss << 10, words);
		document_row(r->doc, (const union cell[]){ { .n = tasks[i]->pid },
							   { .text = tasks[i]->comm },
							   { .n = tasks[i]->rss },
							   { .text = words } });
	}
}

static void add_caches(struct report *r)
{
	static const struct column columns[] = {
		{ "name", "cache", COLUMN_TEXT, 0 },
		{ "bytes", NULL, COLUMN_UINT, 0 },
		{ NULL, "memory", COLUMN_TEXT, 0 },
		{ "object_size", "object", COLUMN_UINT, 0 },
		{ "objects", "objects", COLUMN_UINT, 0 },
		{ "allocated", "allocated", COLUMN_UINT, 0 },
	};
	struct meminfo_cache caches[CACHES_SHOWN];
	struct error e = { 0 };
	struct slabs *slabs;
	size_t count;

	if (meminfo_caches(r->c, caches, ARRAY_SIZE(caches), &count, &e) < 0) {
		document_damage(r->doc, "slab caches: %s", error_text(&e));
		return;
	}
	document_table(r->doc, "caches", "The largest slab caches", columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < count; i++) {
		const struct slab_usage *u = &caches[i].usage;
		char words[MEMINFO_WORDS_SIZE];

		meminfo_words(u->bytes, words);
		document_row(r->doc, (const union cell[]){ { .text = caches[i].cache->name },
							   { .n = u->bytes },
							   { .text = words },
							   { .n = caches[i].cache->object_size },
							   { .n = u->objects },
							   { .n = u->allocated } });
	}
	if (inspect_slabs(r->c, &slabs, NULL) == 0 && slabs_damage(slabs))
		document_damage(r->doc, "perhaps not all slab caches: %s", slabs_damage(slabs));
}

void report_memory(struct report *r)
{
	struct meminfo m;
	struct error e = { 0 };

	if (meminfo_read(r->c, &m, &e) < 0) {
		document_damage(r->doc, "%s", error_text(&e));
		return;
	}
	add_amounts(r, &m);
	if (!report_late(r))
		add_tasks(r);
	if (!r->o->quick && !report_late(r))
		add_caches(r);
}
