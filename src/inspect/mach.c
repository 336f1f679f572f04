/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/mach.h"
#include "inspect/machine.h"
#include "inspect/meminfo.h"

/* arch/x86/include/asm/page_64_types.h, where the image may be moved in a GiB. */
#define START_KERNEL_MAP 0xffffffff80000000
#define MODULES_BASE 0xffffffffc0000000

/* The stacks of CPUs that crash shows, in its order. */
static const struct {
	enum stack_kind kind;
	const char *name, *key;
} stack_rows[] = {
	{ STACK_IRQ, "IRQ", "irq" }, { STACK_DF, "DOUBLEFAULT", "doublefault" },
	{ STACK_NMI, "NMI", "nmi" }, { STACK_DB, "DEBUG", "debug" },
	{ STACK_MCE, "MCE", "mce" }, { STACK_VC, "VC", "vc" },
};

struct printer {
	struct inspect *c;
	struct json j;
};

static void number(struct printer *p, const char *heading, const char *key, uint64_t v, bool hex,
		   const char *unit)
{
	if (p->c->json) {
		json_name(&p->j, key);
		if (hex)
			json_hex(&p->j, v);
		else
			json_uint(&p->j, v);
		return;
	}
	fprintf(p->c->out, hex ? "%22s: %" PRIx64 "%s\n" : "%22s: %" PRIu64 "%s\n", heading, v,
		unit);
}

static void variable(struct printer *p, const char *heading, const char *key, const char *symbol)
{
	struct symbols *symbols;
	uint64_t at, v;

	if (inspect_symbols(p->c, &symbols, NULL) == 0 && symbols_find(symbols, symbol, &at) &&
	    inspect_number(p->c, at, 8, &v, NULL) == 0)
		number(p, heading, key, v, true, "");
}

/* Some of a CPU's stacks have their place and no memory: those for encrypted guests. */
static bool is_there(struct inspect *c, const struct stack *stack)
{
	uint64_t paddr, rest;

	return kernel_translate(c->reader, stack->end - 8, &paddr, &rest, NULL) == 0;
}

static void stacks_of_kind(struct printer *p, const struct stacks *stacks, size_t row,
			   uint32_t cpus)
{
	const char *name = stack_rows[row].name;
	struct stack stack;
	char heading[40];

	if (!stacks_of_cpu(stacks, 0, stack_rows[row].kind, &stack))
		return;
	if (p->c->json) {
		json_put_object(&p->j, stack_rows[row].key);
		json_put_uint(&p->j, "size", stack.end - stack.start);
		json_put_array(&p->j, "cpus");
	} else {
		snprintf(heading, sizeof(heading), "%s STACK SIZE", name);
		fprintf(p->c->out, "%22s: %" PRIu64 "\n", heading, stack.end - stack.start);
		snprintf(heading, sizeof(heading), "%s STACKS", name);
		fprintf(p->c->out, "%22s:\n", heading);
	}
	for (uint32_t cpu = 0; cpu < cpus; cpu++) {
		if (!stacks_of_cpu(stacks, cpu, stack_rows[row].kind, &stack))
			continue;
		snprintf(heading, sizeof(heading), "CPU %u", cpu);
		if (p->c->json)
			json_hex(&p->j, stack.start);
		else
			fprintf(p->c->out, "%22s: %" PRIx64 "%s\n", heading, stack.start,
				is_there(p->c, &stack) ? "" : " [unavailable]");
	}
	if (p->c->json) {
		json_array_end(&p->j);
		json_object_end(&p->j);
	}
}

static void show_stacks(struct printer *p)
{
	const struct stacks *stacks;
	struct percpu *percpu;

	if (inspect_stacks(p->c, &stacks, NULL) < 0)
		return;
	number(p, "KERNEL STACK SIZE", "kernel_stack_size", stacks_thread_size(stacks), false, "");
	if (inspect_percpu(p->c, &percpu, NULL) < 0)
		return;
	if (p->c->json)
		json_put_object(&p->j, "stacks");
	for (size_t i = 0; i < ARRAY_SIZE(stack_rows); i++)
		stacks_of_kind(p, stacks, i, percpu->count);
	if (p->c->json)
		json_object_end(&p->j);
}

static int show_machine(struct inspect *c, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	char words[MEMINFO_WORDS_SIZE];
	struct printer p = { .c = c };
	struct machine m;
	struct pages *pages;

	machine_find(c, &m);
	meminfo_words(m.memory, words);
	if (c->json) {
		inspect_json_begin(c, &p.j, &buf, "mach");
		json_put_string(&p.j, "machine", m.machine);
		json_put_uint(&p.j, "memory", m.memory);
	} else {
		fprintf(c->out, "%22s: %s\n%22s: %s\n", "MACHINE TYPE", m.machine, "MEMORY SIZE",
			words);
	}
	number(&p, "CPUS", "cpus", m.cpus, false, "");
	if (m.mhz)
		number(&p, "PROCESSOR SPEED", "mhz", m.mhz, false, " Mhz");
	if (m.hz)
		number(&p, "HZ", "hz", m.hz, false, "");
	number(&p, "PAGE SIZE", "page_size", dumpfile_info(kernel_dump(c->kernel))->page_size,
	       false, "");
	if (inspect_pages(c, &pages, NULL) == 0 && pages_direct(pages))
		number(&p, "KERNEL VIRTUAL BASE", "virtual_base", pages_direct(pages), true, "");
	variable(&p, "KERNEL VMALLOC BASE", "vmalloc_base", "vmalloc_base");
	variable(&p, "KERNEL VMEMMAP BASE", "vmemmap_base", "vmemmap_base");
	number(&p, "KERNEL START MAP", "start_map", START_KERNEL_MAP, true, "");
	number(&p, "KERNEL MODULES BASE", "modules_base", MODULES_BASE, true, "");
	show_stacks(&p);
	return c->json ? inspect_json_end(c, &p.j, e) : 0;
}

/* ---- the memory map that the firmware gave ---- */

#define E820_ENTRIES_MAX 4096

/* "E820_RAM" of E820_TYPE_RAM: the kernel's own names. */
static void e820_type(struct types *types, uint64_t type, char ret[64])
{
	static const char prefix[] = "E820_TYPE_";
	struct type found;
	struct btf_type t;
	const char *name;
	int64_t value;
	uint32_t id;

	snprintf(ret, 64, "E820_%" PRIu64, type);
	if (!types_find_kinds(types, "e820_type", BTF_ENUMS, &found) ||
	    !btf_resolve(found.btf, found.id, &id, &t))
		return;
	for (uint32_t i = 0; btf_enumerator(found.btf, &t, i, &name, &value); i++)
		if ((uint32_t)value == type && strncmp(name, prefix, strlen(prefix)) == 0)
			snprintf(ret, 64, "E820_%.50s", name + strlen(prefix));
}

static int show_map(struct inspect *c, struct error *e)
{
	static const struct column columns[] = { { "start", NULL, COLUMN_HEX, 0 },
						 { "end", NULL, COLUMN_HEX, 0 },
						 { "type", NULL, COLUMN_TEXT, 0 } };
	struct object table, entries, o;
	struct object_source source;
	struct symbols *symbols;
	struct inspect_rows r;
	uint64_t at, count;
	int err = inspect_symbols(c, &symbols, e);

	if (err == 0)
		err = inspect_source(c, &source, e);
	if (err == 0 && !symbols_find(symbols, "e820_table", &at))
		err = error_set(e, -ENOENT, "e820_table: no such symbol in the dump");
	if (err == 0)
		err = inspect_number(c, at, 8, &at, e);
	if (err == 0)
		err = object_at(&source, "e820_table", at, &table, e);
	if (err == 0)
		err = object_number(&source, &table, "nr_entries", &count, e);
	if (err == 0)
		err = object_follow(&source, &table, "entries", &entries, e);
	if (err < 0)
		return err;
	if (!c->json)
		fputs("      PHYSICAL ADDRESS RANGE         TYPE\n", c->out);
	inspect_rows_begin(c, &r, "mach", "ranges", columns, ARRAY_SIZE(columns));
	for (uint64_t i = 0; i < MIN(count, (uint64_t)E820_ENTRIES_MAX); i++) {
		uint64_t start, end;
		char type[64];

		if (!object_element(&entries, i, &o) ||
		    object_number(&source, &o, "addr", &start, NULL) < 0)
			break;
		end = start + object_number_or_0(&source, &o, "size");
		e820_type(source.types, object_number_or_0(&source, &o, "type"), type);
		if (c->json)
			table_row(&r.table,
				  (union cell[]){ { .n = start }, { .n = end }, { .text = type } });
		else
			fprintf(c->out, "%016" PRIx64 " - %016" PRIx64 "  %s\n", start, end, type);
	}
	return inspect_rows_end(c, &r, e);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	bool map = false, cpus = false, hex = c->hex;
	int opt;

	while ((opt = getopt(argc, argv, "+mcxd")) != -1) {
		switch (opt) {
		case 'm':
			map = true;
			break;
		case 'c':
			cpus = true;
			break;
		case 'x':
			hex = true;
			break;
		case 'd':
			hex = false;
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	if (optind < argc || (map && cpus))
		return error_set(e, -EINVAL, "one of -m and -c, and no words");
	if (map)
		return show_map(c, e);
	return cpus ? mach_cpus(c, hex, e) : show_machine(c, e);
}

const struct inspect_command inspect_mach = {
	.name = "mach",
	.usage = "[-m | -c [-x | -d]]",
	.summary = "the machine: its memory map, CPUs and stacks",
	.details = "  -m      the memory map that the firmware gave\n"
		   "  -c      each CPU: its struct cpuinfo_x86 and the features that it has\n"
		   "  -x, -d  of these numbers hexadecimal, decimal\n",
	.run = run,
};
