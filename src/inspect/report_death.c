/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the log says of the death, and the signature that comes from that and from the stack. */
#include <string.h>

#include "inspect/report_impl.h"
#include "kernel/printk.h"

/* A stack of fewer certain frames that ends in nothing tells less than the kernel's own trace, if that is longer. */
#define FRAMES_ENOUGH 3

struct feeder {
	struct report *report;
	struct oops_parser *parser;
};

static int feed(void *user, const struct printk_record *rec)
{
	struct feeder *f = user;
	char caller[PRINTK_CALLER_SIZE] = "";
	struct oops *block = NULL;
	int err;

	if (rec->has_caller)
		printk_caller(rec, caller);
	err = oops_feed_record(f->parser, rec->ts_nsec, caller, rec->text, rec->text_len, &block);
	if (block)
		oops_story_add(&f->report->story, block);
	return err < 0 ? err : report_late(f->report);
}

void report_death_find(struct report *r)
{
	_cleanup_(oops_parser_freep) struct oops_parser *parser = NULL;
	struct printk_stats stats;
	struct feeder f = { .report = r };
	struct oops *block;

	if (oops_parser_new(&parser) < 0)
		return;
	f.parser = parser;
	(void)!printk_each(r->c->kernel, feed, &f, &stats, NULL);
	while ((block = oops_end(parser)))
		oops_story_add(&r->story, block);
	r->death = oops_story_death(&r->story);
}

bool report_death_is(const struct report *r, const char *kinds)
{
	size_t len = r->death ? strlen(r->death->kind) : 0;

	for (const char *k = kinds; len && *k; k += strcspn(k, "|"), k += *k == '|')
		if (strcspn(k, "|") == len && strncmp(k, r->death->kind, len) == 0)
			return true;
	return false;
}

/* Another task than the one that called panic(): who hung, or what ran on the CPU that was stuck. NULL: it is the same one. */
const struct task *report_death_task(const struct report *r, const struct tasks *tasks)
{
	const struct oops *d = r->death;
	const struct task *task = NULL;

	if (report_death_is(r, "hung-task") && d->pid > 0 && d->pid <= UINT32_MAX)
		task = tasks_by_pid(tasks, (uint32_t)d->pid);
	else if (report_death_is(r, "hard-lockup|soft-lockup") && d->cpu >= 0 &&
		 d->cpu <= UINT32_MAX)
		task = tasks_on_cpu(tasks, (uint32_t)d->cpu);
	/* pids are used again: a hung task still has its name */
	if (task && d->comm && strcmp(d->comm, task->comm) != 0)
		task = NULL;
	return task == r->crashed.task ? NULL : task;
}

static size_t unwound_frames(struct report *r, struct signature_frame *ret)
{
	const char *build_id = vmcoreinfo_get(kernel_vmcoreinfo(r->c->kernel), "BUILD-ID");
	const struct named_trace *n = r->subject->named;
	size_t count = n && !r->subject->error.code ? n->trace.count : 0, first = 0;

	/* what an exception called is the same for all of its kind */
	if (r->fault < count && n->frames[r->fault].stop == STOP_EXCEPTION)
		first = r->fault;
	for (size_t i = first; i < count; i++) {
		const struct named_frame *f = &n->frames[i];

		ret[i - first] = (struct signature_frame){
			.function = f->function,
			.module = f->module ? f->module->name : NULL,
			.build_id = f->module ? f->module->build_id : build_id,
			.offset = f->offset,
			.uncertain = f->frame->uncertain,
		};
	}
	return count - first;
}

static size_t count_certain(const struct signature_frame *frames, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += !frames[i].uncertain && frames[i].function;
	return n;
}

/* The stack's own frames are better than text, unless there are next to none. */
static bool text_is_better(const struct report *r, const struct signature_frame *frames,
			   size_t count)
{
	const struct task_stack *s = r->subject;
	bool lost = s->error.code || !s->named || s->named->trace.end == UNWIND_LOST;
	size_t certain = count_certain(frames, count);

	return r->death && lost && certain < FRAMES_ENOUGH &&
	       r->death->count + r->death->has_ip > certain;
}

void report_death_sign(struct report *r)
{
	_cleanup_free_ struct signature_frame *frames =
		calloc(MAX(FRAMES_MAX, OOPS_FRAMES + 1), sizeof(*frames));
	struct signature_input in = { .words = r->death ? r->death->words : r->panic,
				      .frames = frames };

	if (frames)
		in.count = unwound_frames(r, frames);
	r->from_text = frames && text_is_better(r, frames, in.count);
	if (r->from_text)
		in.count = oops_signature_frames(r->death, frames);
	signature_make(&in, &r->signature);
	for (size_t i = 0; r->o->satyr && frames && i < ARRAY_SIZE(r->satyr); i++)
		if (!signature_satyr((enum satyr_hash)i, frames, in.count, r->satyr[i]))
			r->satyr[i][0] = '\0';
}
