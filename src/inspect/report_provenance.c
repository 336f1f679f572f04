/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section: where the facts come from, how they were verified, and what could not be had. */
#include <string.h>

#include "dumpfile/machine.h"
#include "inspect/report_impl.h"

static void add_dump(struct report *r)
{
	struct dumpfile *d = kernel_dump(r->c->kernel);
	const struct dump_info *info = dumpfile_info(d);
	const char *const *damage;
	size_t n = dumpfile_damage(d, &damage);

	document_fact(r->doc, "dump", "Dump", "%s", dumpfile_name(d));
	document_fact(r->doc, "format", "Format", "%s, %s", info->format, info->codec);
	if (info->dump_level >= 0)
		document_number(r->doc, "dump_level", "Dump level", COLUMN_UINT,
				(uint64_t)info->dump_level);
	for (size_t i = 0; i < n; i++)
		document_damage(r->doc, "dump: %s", damage[i]);
}

/* Of a dump that was cut: what is there of it, and what of this report. */
static void add_shares(struct report *r)
{
	struct dumpfile *d = kernel_dump(r->c->kernel);
	uint64_t pages[PAGE_STATES], kept;
	size_t whole, all;

	if (!(dumpfile_info(d)->flags & (DUMP_INCOMPLETE | DUMP_TRUNCATED)))
		return;
	dumpfile_count(d, pages);
	kept = pages[PAGE_PRESENT] + pages[PAGE_LOST];
	document_fact(r->doc, "pages", "Pages", "%llu of the %llu that were to be kept",
		      (unsigned long long)pages[PAGE_PRESENT], (unsigned long long)kept);
	document_whole_sections(r->doc, &whole, &all);
	document_fact(r->doc, "explained", "Explained", "%zu of %zu sections%s", whole, all,
		      whole < all ? ", the others in part" : "");
}

static void add_source(struct report *r, const char *name, const char *label, int err,
		       const char *words, const struct error *e)
{
	if (err == 0)
		document_fact(r->doc, name, label, "%s", words);
	else
		document_damage(r->doc, "%s: %s", label, error_text(e));
}

void report_provenance(struct report *r)
{
	const char *doubts = kernel_doubts(r->c->kernel);
	struct unwinder *unwinder;
	struct symbols *symbols;
	struct modules *modules;
	struct tasks *tasks;
	struct percpu *percpu;
	struct types *types;
	struct error e = { 0 };
	int err;

	document_fact(r->doc, "lastword", "Made by", "lastword " LASTWORD_VERSION);
	add_dump(r);
	add_shares(r);
	document_fact(r->doc, "addresses", "Addresses", "%s",
		      doubts ? "the kernel's image and what the container maps"
			     : "page tables, verified: _stext and init_uts_ns by two ways, the "
			       "release there is that of vmcoreinfo");
	if (doubts)
		document_damage(r->doc, "%s", doubts);
	err = inspect_symbols(r->c, &symbols, &e);
	add_source(r, "symbols", "Symbols", err, err ? NULL : symbols_provenance(symbols), &e);
	err = inspect_types(r->c, &types, &e);
	add_source(r, "types", "Types", err, err ? NULL : types_provenance(types), &e);
	err = inspect_modules(r->c, &modules, &e);
	add_source(r, "modules", "Modules", err, "the kernel's list, their own symbol tables", &e);
	err = inspect_percpu(r->c, &percpu, &e);
	add_source(r, "percpu", "Per-CPU data", err, "__per_cpu_offset", &e);
	err = inspect_tasks(r->c, &tasks, &e);
	add_source(r, "tasks", "Tasks", err,
		   "init_task's list with all threads, each CPU's idle task", &e);
	if (err == 0 && tasks_damage(tasks))
		document_damage(r->doc, "tasks: %s", tasks_damage(tasks));
	err = inspect_unwinder(r->c, &unwinder, &e);
	add_source(r, "stacks", "Stacks", err, "the kernel's ORC tables", &e);
}
