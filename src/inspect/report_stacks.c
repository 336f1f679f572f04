/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections: the stack of the task that crashed, and what the other CPUs did. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "inspect/report_impl.h"

#define CPUS_TEXT 200 /* a list of CPUs in a heading */

static const struct column frame_columns[] = {
	{ "index", "#", COLUMN_UINT, 0 },    { NULL, "where", COLUMN_TEXT, 0 },
	{ NULL, "", COLUMN_TEXT, 0 },	     { "function", NULL, COLUMN_TEXT, 0 },
	{ "offset", NULL, COLUMN_HEX, 0 },   { "size", NULL, COLUMN_HEX, 0 },
	{ "module", NULL, COLUMN_TEXT, 0 },  { "pc", NULL, COLUMN_ADDRESS, 0 },
	{ "stack", NULL, COLUMN_HEX, 0 },    { "stopped_by", NULL, COLUMN_TEXT, 0 },
	{ "certain", NULL, COLUMN_BOOL, 0 },
};

/* "stopped by a page fault": of "asm_exc_page_fault". */
static void stop_words(const struct named_frame *f, char *ret, size_t size)
{
	const char *name = f->stopped_by ?: "";

	if (strncmp(name, "asm_", 4) == 0)
		name += 4;
	for (size_t i = 0; i < 2; i++) {
		static const char *const prefixes[] = { "exc_", "sysvec_" };

		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			name += strlen(prefixes[i]);
	}
	if (f->stop == STOP_NMI)
		name = "NMI";
	snprintf(ret, size, "%sstopped here by: %s", f->frame->uncertain ? "? " : "",
		 *name ? name : "the kernel's entry");
	for (char *c = ret; *c; c++)
		if (*c == '_')
			*c = ' ';
}

static void add_frame(struct report *r, const struct named_frame *f, size_t index)
{
	char place[REPORT_PLACE_SIZE], words[128];

	report_place(f, place);
	if (f->stop != STOP_NONE)
		stop_words(f, words, sizeof(words));
	else
		snprintf(words, sizeof(words), "%s", f->frame->uncertain ? "?" : "");
	document_row(r->doc, (const union cell[]){
				     { .n = index },
				     { .text = place },
				     { .text = words },
				     { .text = f->function },
				     { .n = f->offset },
				     { .n = f->size },
				     { .text = f->module ? f->module->name : NULL },
				     { .n = f->frame->pc },
				     { .n = f->frame->at },
				     { .text = f->stopped_by },
				     { .yes = !f->frame->uncertain },
			     });
}

void report_frames(struct report *r, const struct task_stack *s)
{
	static const char *const ends[] = {
		[UNWIND_CLEAN] = "clean",
		[UNWIND_USER] = "user",
		[UNWIND_LOST] = "lost",
		[UNWIND_LONG] = "long",
	};
	const struct trace *t = &s->named->trace;

	if (s->error.code) {
		document_damage(r->doc, "no backtrace: %s", error_text(&s->error));
		return;
	}
	document_fact(r->doc, "end", NULL, "%s", ends[t->end]);
	document_table(r->doc, "frames", NULL, frame_columns, ARRAY_SIZE(frame_columns));
	for (size_t i = 0; i < t->count; i++)
		add_frame(r, &s->named->frames[i], i);
	if (t->end == UNWIND_LOST)
		document_damage(r->doc, "the trace stops here: %s", t->why);
	else if (t->end == UNWIND_LONG)
		document_damage(r->doc, "the stack goes on: frames after the first %d are left out",
				FRAMES_MAX);
	else if (t->end == UNWIND_USER)
		document_note(r->doc, "%s user space at 0x%" PRIx64,
			      t->count ? "entered from" : "it ran in", t->user.r[PT_IP]);
}

static void add_task(struct report *r, const struct task *t)
{
	document_number(r->doc, "pid", NULL, COLUMN_UINT, t->pid);
	document_fact(r->doc, "comm", NULL, "%s", t->comm);
	document_number(r->doc, "cpu", NULL, COLUMN_UINT, t->cpu);
	document_number(r->doc, "task", NULL, COLUMN_HEX, t->addr);
}

void report_backtrace(struct report *r)
{
	const struct task_stack *s = &r->crashed;

	if (s->task)
		add_task(r, s->task);
	if (!s->named)
		document_damage(r->doc, "no backtrace: %s", error_text(&s->error));
	else
		report_frames(r, s);
}

/* By what they did: CPUs with equal stacks are shown once. */
static uint64_t stack_hash(const struct task_stack *s)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	if (s->error.code || !s->named)
		return 0;
	for (size_t i = 0; i < s->named->trace.count; i++)
		hash = (hash ^ s->named->trace.frames[i].pc) * UINT64_C(1099511628211);
	return (hash ^ s->named->trace.end ^ (s->task->idle ? 16 : 0)) | 1;
}

/* "1-3, 7": the CPUs from `first` on with its hash, which are then marked as shown. */
static unsigned take_alike(uint64_t *hashes, unsigned count, unsigned first, char *text,
			   size_t size)
{
	uint64_t hash = hashes[first];
	unsigned found = 0;
	size_t at = 0;

	for (unsigned i = first; i < count; i++) {
		unsigned last = i;

		if (hashes[i] != hash)
			continue;
		while (last + 1 < count && hashes[last + 1] == hash)
			last++;
		if (at < size)
			at += (size_t)snprintf(text + at, size - at, last > i ? "%s%u-%u" : "%s%u",
					       found ? ", " : "", i, last);
		found += last - i + 1;
		memset(&hashes[i], 0, (last - i + 1) * sizeof(*hashes));
		i = last;
	}
	return found;
}

static void add_cpu(struct report *r, struct task_stack *s, const char *cpus, unsigned alike)
{
	const struct task *t = s->task;

	report_stack(r, t, s);
	if (alike > 1)
		document_entry(r->doc, true, "CPUs %s: %s", cpus,
			       t->idle ? "idle" : "the same stack, the first one's is shown");
	else
		document_entry(r->doc, t->idle, "CPU %s: %s, pid %u%s", cpus, t->comm, t->pid,
			       t->idle ? ", idle" : "");
	document_fact(r->doc, "cpus", NULL, "%s", cpus);
	add_task(r, t);
	report_frames(r, s);
	document_entry_end(r->doc);
}

static void hash_cpus(struct report *r, struct tasks *tasks, struct task_stack *s, uint64_t *hashes)
{
	for (unsigned i = 0; i < tasks_cpus(tasks) && !report_late(r); i++) {
		const struct task *t = tasks_on_cpu(tasks, i);

		if (!t || t == r->crashed.task)
			continue;
		report_stack(r, t, s);
		/* of those without a stack each is shown with its reason */
		hashes[i] = s->error.code ? i + 2 : stack_hash(s);
	}
}

void report_cpus(struct report *r)
{
	_cleanup_free_ uint64_t *hashes = NULL;
	struct task_stack s = { 0 };
	struct tasks *tasks;
	struct error e = { 0 };
	unsigned shown = 0;

	if (inspect_tasks(r->c, &tasks, &e) < 0) {
		document_damage(r->doc, "%s", error_text(&e));
		return;
	}
	hashes = calloc(MAX(tasks_cpus(tasks), 1u), sizeof(*hashes));
	if (!hashes)
		return;
	hash_cpus(r, tasks, &s, hashes);
	document_list(r->doc, "cpus", NULL);
	for (unsigned i = 0; i < tasks_cpus(tasks); i++) {
		char text[CPUS_TEXT];
		unsigned alike;

		if (!hashes[i] || report_late(r))
			continue;
		alike = take_alike(hashes, tasks_cpus(tasks), i, text, sizeof(text));
		s.task = tasks_on_cpu(tasks, i);
		add_cpu(r, &s, text, alike);
		shown += alike;
	}
	document_list_end(r->doc);
	if (shown == 0)
		document_note(r->doc, "none is known");
	report_stack_done(&s);
}
