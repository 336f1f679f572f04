/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections: the first screen, and the signature. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "inspect/meminfo.h"
#include "inspect/report_impl.h"

#define HARDWARE_SIZE 128 /* dump_stack_arch_desc_str of the kernel */
#define HYPERVISOR "X86_HYPER_"
#define TAINT_NAMES 8 /* modules named in the summary */

static void add_task(struct report *r, const struct task *t, const char *name, const char *label)
{
	document_fact(r->doc, name, label, "%s, pid %" PRIu32 "%s, on CPU %" PRIu32, t->comm,
		      t->pid, t->idle ? ", idle" : "", t->cpu);
}

/* The kernel's own words, where nothing else tells. */
static void add_logged_task(struct report *r)
{
	const struct oops *d = r->death;

	if (!d || !d->comm || d->pid < 0)
		return;
	document_fact(r->doc, "task", "Task", "%s, pid %" PRIi64 ", as the log has it", d->comm,
		      d->pid);
	document_fact(r->doc, "comm", NULL, "%s", d->comm);
	document_number(r->doc, "pid", NULL, COLUMN_UINT, (uint64_t)d->pid);
	if (d->cpu >= 0)
		document_number(r->doc, "cpu", NULL, COLUMN_UINT, (uint64_t)d->cpu);
}

/* Who called panic(), and whom the death is about. */
static void add_tasks(struct report *r)
{
	const struct task *t = r->crashed.task;

	if (r->subject != &r->crashed)
		add_task(r, r->subject->task, "about", "Task");
	if (!t) {
		add_logged_task(r);
		return;
	}
	add_task(r, t, "task", r->subject != &r->crashed ? "Found by" : "Task");
	document_fact(r->doc, "comm", NULL, "%s", t->comm);
	document_number(r->doc, "pid", NULL, COLUMN_UINT, t->pid);
	document_number(r->doc, "cpu", NULL, COLUMN_UINT, t->cpu);
}

/* The frame that the title names, or their count. */
static size_t titled_frame(const struct report *r, const struct named_trace *n)
{
	char plain[SIGNATURE_NAME_SIZE];
	size_t i = 0;

	for (; i < n->trace.count; i++) {
		signature_plain_name(n->frames[i].function ?: "", plain);
		if (*plain && strcmp(plain, r->signature.function) == 0)
			break;
	}
	return i;
}

/* The instruction that was stopped, else where the function of the title was. */
static void add_place(struct report *r)
{
	const struct named_trace *n = r->subject->named;
	char place[REPORT_PLACE_SIZE];
	size_t at;

	if ((!n || r->subject->error.code) && r->death && r->death->has_ip) {
		report_logged_place(r->death, place);
		document_fact(r->doc, "place", "Where", "%s, as the log has it", place);
	}
	if (!n || r->subject->error.code)
		return;
	at = r->fault < n->trace.count ? r->fault : titled_frame(r, n);
	if (at == n->trace.count)
		return;
	report_place(&n->frames[at], place);
	document_fact(r->doc, "place", "Where", "%s", place);
}

static void add_kernel(struct report *r)
{
	const char *build_id = vmcoreinfo_get(kernel_vmcoreinfo(r->c->kernel), "BUILD-ID");
	const struct machine *m = &r->machine;

	document_fact(r->doc, "kernel", "Kernel", "%s %s", kernel_release(r->c->kernel),
		      m->version);
	document_fact(r->doc, "release", NULL, "%s", kernel_release(r->c->kernel));
	if (build_id)
		document_fact(r->doc, "build_id", "Build id", "%s", build_id);
}

static void add_hardware(struct report *r)
{
	char text[HARDWARE_SIZE] = "";
	struct symbols *symbols;
	uint64_t at;

	/* what arch code put there for the "Hardware name:" of stack dumps */
	if (inspect_symbols(r->c, &symbols, NULL) < 0 ||
	    !symbols_find(symbols, "dump_stack_arch_desc_str", &at) ||
	    kernel_read(r->c->reader, at, text, sizeof(text) - 1, NULL) < 0 || !text[0])
		return;
	text[strcspn(text, "\n")] = '\0';
	document_fact(r->doc, "hardware", "Hardware", "%s", text);
}

/* By the enumerator of enum x86_hypervisor_type, without what they all begin with. */
static void add_hypervisor(struct report *r)
{
	struct symbols *symbols;
	struct types *types;
	struct type found;
	struct btf_type t;
	const char *name;
	uint64_t at, type;
	int64_t value;

	if (inspect_symbols(r->c, &symbols, NULL) < 0 || inspect_types(r->c, &types, NULL) < 0 ||
	    !symbols_find(symbols, "x86_hyper_type", &at) ||
	    inspect_number(r->c, at, 4, &type, NULL) < 0 ||
	    !types_find_kinds(types, "x86_hypervisor_type", BTF_ENUMS, &found) ||
	    !btf_get(found.btf, found.id, &t))
		return;
	for (uint32_t i = 0; btf_enumerator(found.btf, &t, i, &name, &value); i++) {
		if ((uint64_t)value != type || strncmp(name, HYPERVISOR, strlen(HYPERVISOR)) != 0)
			continue;
		name += strlen(HYPERVISOR);
		document_fact(r->doc, "hypervisor", "Hypervisor", "%s",
			      strcmp(name, "NATIVE") == 0 ? "none detected" : name);
		return;
	}
}

static void add_machine(struct report *r)
{
	const struct machine *m = &r->machine;
	char offline[40] = "", cpus[80] = "";

	if (m->offline)
		snprintf(offline, sizeof(offline), " (%" PRIu32 " offline)", m->offline);
	if (m->cpus)
		snprintf(cpus, sizeof(cpus), ", %" PRIu32 " CPUs%s, %" PRIu64 " MiB", m->cpus,
			 offline, m->memory >> 20);
	document_fact(r->doc, NULL, "Machine", "%s, %s%s", m->nodename[0] ? m->nodename : "?",
		      m->machine[0] ? m->machine : "?", cpus);
	document_fact(r->doc, "nodename", NULL, "%s", m->nodename);
	document_fact(r->doc, "machine", NULL, "%s", m->machine);
	document_number(r->doc, "cpus", NULL, COLUMN_UINT, m->cpus);
	document_number(r->doc, "cpus_offline", NULL, COLUMN_UINT, m->offline);
	document_number(r->doc, "memory", NULL, COLUMN_UINT, m->memory);
	add_hardware(r);
	add_hypervisor(r);
}

/* A machine out of memory is seen at once. */
static void add_memory(struct report *r)
{
	char total[MEMINFO_WORDS_SIZE], free[MEMINFO_WORDS_SIZE], available[MEMINFO_WORDS_SIZE];
	struct meminfo m;

	if (meminfo_read(r->c, &m, NULL) < 0 || m.total == MEMINFO_UNKNOWN ||
	    m.free == MEMINFO_UNKNOWN || m.available == MEMINFO_UNKNOWN)
		return;
	meminfo_words(m.total * m.page_size, total);
	meminfo_words(m.free * m.page_size, free);
	meminfo_words(m.available * m.page_size, available);
	document_fact(r->doc, NULL, "Memory", "%s, of it %s free, %s available", total, free,
		      available);
}

/* How long they wait, and for what, has a section of its own. */
static void add_blocked(struct report *r)
{
	const struct task *list;
	struct tasks *tasks;
	size_t count, blocked = 0;

	if (inspect_tasks(r->c, &tasks, NULL) < 0)
		return;
	count = tasks_list(tasks, &list);
	for (size_t i = 0; i < count; i++)
		blocked += strcmp(task_state_name(&list[i]), "UN") == 0;
	document_number(r->doc, "tasks", NULL, COLUMN_UINT, count);
	document_number(r->doc, "blocked", NULL, COLUMN_UINT, blocked);
	document_fact(r->doc, NULL, "Tasks", "%zu, of them %zu blocked", count, blocked);
}

static void add_time(struct report *r)
{
	const struct machine *m = &r->machine;
	time_t at = m->crash_time;
	char date[64] = "", days[32] = "", up[64] = "", load[64] = "";
	struct tm tm;

	if (m->crash_time && gmtime_r(&at, &tm))
		(void)!strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S UTC", &tm);
	if (m->uptime >= 86400)
		snprintf(days, sizeof(days), "%" PRIu64 " days, ", m->uptime / 86400);
	if (m->has_uptime)
		snprintf(up, sizeof(up), ", up %s%02u:%02u:%02u", days,
			 (unsigned)(m->uptime / 3600 % 24), (unsigned)(m->uptime / 60 % 60),
			 (unsigned)(m->uptime % 60));
	if (m->has_load)
		snprintf(load, sizeof(load), ", load %.2f %.2f %.2f", m->load[0], m->load[1],
			 m->load[2]);
	document_fact(r->doc, NULL, "Crashed", "%s%s%s", *date ? date : "at an unknown time", up,
		      load);
	if (m->crash_time)
		document_number(r->doc, "crash_time", NULL, COLUMN_INT, (uint64_t)m->crash_time);
	if (m->has_uptime)
		document_number(r->doc, "uptime", NULL, COLUMN_UINT, m->uptime);
}

/* include/linux/panic.h, by bit. "" is said by the letter alone. */
static const char *const taint_words[] = {
	"proprietary module",
	"module loaded by force",
	"out of specification",
	"module unloaded by force",
	"machine check",
	"bad page",
	"asked for by user space",
	"died before",
	"ACPI table overridden",
	"warned before",
	"staging driver",
	"firmware bug worked around",
	"out-of-tree module",
	"unsigned module",
	"soft lockup",
	"live patch",
	"",
	"structs randomised",
	"kernel test",
	"fwctl used",
};

static void taint_names(uint64_t taints, char *ret, size_t size)
{
	size_t at = 0;

	ret[0] = '\0';
	for (unsigned bit = 0; bit < ARRAY_SIZE(taint_words) && at < size; bit++)
		if (taints >> bit & 1 && *taint_words[bit])
			at += (size_t)snprintf(ret + at, size - at, "%s%s", at ? ", " : "",
					       taint_words[bit]);
}

/* The first few modules that taint. */
static void tainting_modules(struct report *r, char *ret, size_t size)
{
	struct modules *modules = NULL;
	size_t at = 0, found = 0;

	ret[0] = '\0';
	(void)!inspect_modules(r->c, &modules, NULL);
	for (size_t i = 0; modules && i < modules_count(modules) && at < size; i++) {
		const struct module *m = modules_get(modules, i);

		if (m->taints && ++found <= TAINT_NAMES)
			at += (size_t)snprintf(ret + at, size - at, "%s%s", at ? ", " : "",
					       m->name);
	}
	if (found > TAINT_NAMES && at < size)
		snprintf(ret + at, size - at, " and %zu more", found - TAINT_NAMES);
}

static void add_taints(struct report *r)
{
	char letters[INSPECT_TAINTS_SIZE], words[400], modules[TAINT_NAMES * MODULE_NAME_SIZE + 64];

	document_number(r->doc, "taints", NULL, COLUMN_UINT, r->machine.taints);
	if (!r->machine.taints) {
		document_fact(r->doc, NULL, "Tainted", "no");
		return;
	}
	inspect_taints(r->machine.taints, false, letters);
	taint_names(r->machine.taints, words, sizeof(words));
	tainting_modules(r, modules, sizeof(modules));
	document_fact(r->doc, "taint_letters", NULL, "%s", letters);
	document_fact(r->doc, NULL, "Tainted", "%s: %s%s%s", letters, words,
		      *modules ? "; by " : "", modules);
}

/* The kernel's words: what happened, and the panic that came of it. */
static void add_reason(struct report *r)
{
	const char *words = r->death ? r->death->words : r->panic;
	const struct oops *last = NULL;

	if (*words)
		document_fact(r->doc, "reason", "Reason", "%.*s", (int)strcspn(words, "\n"), words);
	for (size_t i = 0; i < r->story.count && !last; i++)
		if (r->story.blocks[i]->panic)
			last = r->story.blocks[i];
	if (last && last != r->death)
		document_fact(r->doc, "panic", "Panic", "%.*s", (int)strcspn(last->words, "\n"),
			      last->words);
}

void report_summary(struct report *r)
{
	const struct dump_info *info = dumpfile_info(kernel_dump(r->c->kernel));

	document_fact(r->doc, "title", "Title", "%s", r->signature.title);
	add_reason(r);
	add_place(r);
	add_tasks(r);
	add_kernel(r);
	add_machine(r);
	add_memory(r);
	add_blocked(r);
	add_time(r);
	add_taints(r);
	document_fact(r->doc, "hash", "Signature", "%s", r->signature.hash);
	document_fact(r->doc, "dump", "Dump", "%s", dumpfile_name(kernel_dump(r->c->kernel)));
	if (info->flags & (DUMP_INCOMPLETE | DUMP_TRUNCATED))
		document_note(r->doc, "the dump is not whole: what is missing is said below");
}

void report_signature(struct report *r)
{
	static const struct {
		const char *name, *label;
	} satyr[] = {
		[SATYR_ABRT] = { "satyr_abrt", "ABRT's duphash" },
		[SATYR_DUPHASH] = { "satyr", "satyr's duphash" },
	};
	const struct signature *s = &r->signature;

	document_fact(r->doc, "title", "Title", "%s", s->title);
	document_fact(r->doc, "kind", "Kind", "%s", s->kind);
	if (s->function[0])
		document_fact(r->doc, "function", "Function", "%s", s->function);
	if (s->module[0])
		document_fact(r->doc, "module", "Module", "%s", s->module);
	if (s->hash[0])
		document_fact(r->doc, "hash", "Same crash", "%s", s->hash);
	if (s->exact[0])
		document_fact(r->doc, "exact", "Same build", "%s", s->exact);
	for (size_t i = 0; i < ARRAY_SIZE(satyr); i++)
		if (r->satyr[i][0])
			document_fact(r->doc, satyr[i].name, satyr[i].label, "%s", r->satyr[i]);
}
