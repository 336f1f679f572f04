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
	{ "certain", NULL, COLUMN_BOOL, 0 }, { "times", NULL, COLUMN_UINT, 0 },
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

/* times: so many frames outwards are the same call of a function by itself. */
static void add_frame(struct report *r, const struct named_frame *f, size_t index, size_t times)
{
	char place[REPORT_PLACE_SIZE], words[128];

	report_place(f, place);
	if (f->stop != STOP_NONE)
		stop_words(f, words, sizeof(words));
	else if (times > 1)
		snprintf(words, sizeof(words), "%s%zu times", f->frame->uncertain ? "? " : "",
			 times);
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
				     { .n = times },
			     });
}

/* A stack that overflows is one call over and over. */
static size_t count_alike(const struct trace *t, size_t first)
{
	size_t n = 1;

	while (first + n < t->count && t->frames[first + n].pc == t->frames[first].pc &&
	       !t->frames[first + n].has_regs)
		n++;
	return n;
}

void report_frames(struct report *r, const struct task_stack *s)
{
	const struct trace *t = &s->named->trace;

	if (s->error.code) {
		document_damage(r->doc, "no backtrace: %s", error_text(&s->error));
		return;
	}
	document_fact(r->doc, "end", NULL, "%s", unwind_end_name(t->end));
	document_table(r->doc, "frames", NULL, frame_columns, ARRAY_SIZE(frame_columns));
	for (size_t i = 0, times; i < t->count; i += times) {
		times = count_alike(t, i);
		add_frame(r, &s->named->frames[i], i, times);
	}
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

static void add_stack(struct report *r, const struct task_stack *s)
{
	if (s->task)
		add_task(r, s->task);
	if (!s->named)
		document_damage(r->doc, "no backtrace: %s", error_text(&s->error));
	else
		report_frames(r, s);
}

/* The kernel's own trace, where there is next to nothing of ours. */
static void add_text_frames(struct report *r)
{
	static const struct column columns[] = {
		{ "function", "where, as the log has it", COLUMN_TEXT, 0 },
		{ "offset", NULL, COLUMN_HEX, 0 },
		{ "module", "module", COLUMN_TEXT, 0 },
		{ "certain", NULL, COLUMN_BOOL, 0 },
	};
	_cleanup_free_ struct signature_frame *frames = calloc(OOPS_FRAMES + 1, sizeof(*frames));
	size_t count = frames ? oops_signature_frames(r->death, frames) : 0;

	document_table(r->doc, "log_frames", NULL, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < count; i++)
		if (!frames[i].uncertain)
			document_row(r->doc, (const union cell[]){ { .text = frames[i].function },
								   { .n = frames[i].offset },
								   { .text = frames[i].module },
								   { .yes = true } });
}

void report_backtrace(struct report *r)
{
	add_stack(r, r->subject);
	if (r->from_text)
		add_text_frames(r);
	if (r->subject == &r->crashed)
		return;
	document_list(r->doc, "found_by", NULL);
	document_entry(r->doc, false, "Found by: %s, pid %" PRIu32 ", on CPU %" PRIu32,
		       r->crashed.task ? r->crashed.task->comm : "?",
		       r->crashed.task ? r->crashed.task->pid : 0,
		       r->crashed.task ? r->crashed.task->cpu : 0);
	add_stack(r, &r->crashed);
	document_entry_end(r->doc);
	document_list_end(r->doc);
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

		if (!t || t == r->crashed.task || t == r->subject->task)
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
