/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/report_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

/* How the kernel's entry code is called, most special first. */
static const struct {
	const char *prefix;
	enum stop stop;
} entries[] = {
	{ "asm_exc_nmi", STOP_NMI },
	{ "end_repeat_nmi", STOP_NMI },
	{ "asm_exc_", STOP_EXCEPTION },
	{ "asm_sysvec_", STOP_INTERRUPT },
	{ "asm_common_interrupt", STOP_INTERRUPT },
	{ "asm_spurious_interrupt", STOP_INTERRUPT },
};

/* Deaths that an interrupt found out about the code that it stopped; other panics in one are not about that code. */
#define WATCHED "soft-lockup|hard-lockup|rcu-stall|nmi"

/* panic() leaves the registers of the function that starts the capture kernel, not those of a fault. */
static const char *const not_faults[] = { "__crash_kexec", "crash_kexec", "panic" };

static void name_frame(struct symbols *symbols, const struct frame *f, struct named_frame *ret)
{
	struct symbol sym;

	*ret = (struct named_frame){ .frame = f };
	if (!symbols || !symbols_at(symbols, f->pc - f->is_call, &sym))
		return;
	ret->function = sym.name;
	ret->module = sym.module;
	ret->offset = f->pc - sym.addr;
	ret->size = sym.size;
}

static void name_stop(struct named_frame *f, const struct named_frame *inner)
{
	f->stop = STOP_INTERRUPT;
	f->stopped_by = inner->function ?: "";
	for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
		if (strncmp(f->stopped_by, entries[i].prefix, strlen(entries[i].prefix)) == 0) {
			f->stop = entries[i].stop;
			break;
		}
}

void report_stack(struct report *r, const struct task *task, struct task_stack *ret)
{
	struct named_trace *n = ret->named ?: calloc(1, sizeof(*n));
	struct symbols *symbols = NULL;
	struct unwinder *unwinder;
	struct tasks *tasks;
	bool is_call;

	*ret = (struct task_stack){ .task = task, .named = n };
	if (!n) {
		error_errno(&ret->error, -ENOMEM, "stack");
		return;
	}
	n->trace.count = 0;
	if (inspect_tasks(r->c, &tasks, &ret->error) < 0 ||
	    task_registers(tasks, task, &ret->regs, &is_call, &ret->error) < 0 ||
	    inspect_unwinder(r->c, &unwinder, &ret->error) < 0)
		return;
	unwinder_set_task(unwinder, task->addr);
	unwind(unwinder, &ret->regs, is_call, &n->trace);
	(void)!inspect_symbols(r->c, &symbols, NULL);
	for (size_t i = 0; i < n->trace.count; i++) {
		name_frame(symbols, &n->trace.frames[i], &n->frames[i]);
		if (i > 0 && n->trace.frames[i].has_regs)
			name_stop(&n->frames[i], &n->frames[i - 1]);
	}
}

void report_stack_done(struct task_stack *s)
{
	free(s->named);
	*s = (struct task_stack){ 0 };
}

static bool is_fault(const struct named_frame *f)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_faults); i++)
		if (f->function && strcmp(f->function, not_faults[i]) == 0)
			return false;
	return true;
}

/*
 * Of the frames the one whose code was stopped for what led to the crash. An oops leaves its registers as those of the crash; a
 * panic() in an exception, an NMI or an interrupt has them further out. In a page fault others than the one that faulted panic:
 * who looks for memory.
 */
static size_t find_fault(const struct report *r)
{
	const struct named_trace *n = r->subject->named;
	size_t count = n && !r->subject->error.code ? n->trace.count : 0;

	if (count > 0 && !n->trace.frames[0].is_call && is_fault(&n->frames[0]))
		return 0;
	for (size_t i = 0; i < count; i++) {
		const struct named_frame *f = &n->frames[i];

		if (f->stop == STOP_NONE)
			continue;
		if (f->stop == STOP_EXCEPTION)
			return strcmp(f->stopped_by, "asm_exc_page_fault") == 0 ? count : i;
		return report_death_is(r, WATCHED) ? i : count;
	}
	return count;
}

const struct regs *report_fault_registers(const struct report *r)
{
	const struct named_trace *n = r->subject->named;

	if (r->subject->error.code || !n)
		return NULL;
	if (r->fault < n->trace.count && n->trace.frames[r->fault].has_regs)
		return &n->trace.frames[r->fault].regs;
	return &r->subject->regs;
}

/* Whom the death is about is mostly the task that called panic(), but not where another one watches. */
static void find_subject(struct report *r, struct tasks *tasks)
{
	const struct task *task = report_death_task(r, tasks);

	if (!task)
		return;
	report_stack(r, task, &r->other);
	r->subject = &r->other;
}

void report_facts_gather(struct report *r)
{
	const struct task *task = NULL;
	struct modules *modules;
	struct tasks *tasks = NULL;

	r->section_end = r->end;
	r->subject = &r->crashed;
	machine_find(r->c, &r->machine);
	panic_find_text(r->c, r->panic);
	report_death_find(r);
	/* before stacks: they need the modules' symbols and tables */
	(void)!inspect_modules(r->c, &modules, NULL);
	if (inspect_tasks(r->c, &tasks, &r->crashed.error) == 0)
		task = tasks_panicked(tasks);
	if (task)
		report_stack(r, task, &r->crashed);
	else if (!r->crashed.error.code)
		error_set(&r->crashed.error, -ENOENT, "nothing tells which task crashed");
	if (tasks)
		find_subject(r, tasks);
	r->fault = find_fault(r);
	report_death_sign(r);
}

void report_facts_done(struct report *r)
{
	report_stack_done(&r->crashed);
	report_stack_done(&r->other);
	oops_story_done(&r->story);
}

void report_logged_place(const struct oops *o, char ret[REPORT_PLACE_SIZE])
{
	const char *module = o->ip.module ?: "";

	if (!o->ip.function)
		snprintf(ret, REPORT_PLACE_SIZE, "0x%" PRIx64, o->ip.addr);
	else
		snprintf(ret, REPORT_PLACE_SIZE, "%.400s+0x%" PRIx64 "/0x%" PRIx64 "%s%.60s%s",
			 o->ip.function, o->ip.offset, o->ip.size, *module ? " [" : "", module,
			 *module ? "]" : "");
}

void report_place(const struct named_frame *f, char ret[REPORT_PLACE_SIZE])
{
	const char *module = f->module ? f->module->name : "";

	if (!f->function)
		snprintf(ret, REPORT_PLACE_SIZE, "0x%" PRIx64, f->frame->pc);
	else
		snprintf(ret, REPORT_PLACE_SIZE, "%s+0x%" PRIx64 "/0x%" PRIx64 "%s%s%s",
			 f->function, f->offset, f->size, *module ? " [" : "", module,
			 *module ? "]" : "");
}
