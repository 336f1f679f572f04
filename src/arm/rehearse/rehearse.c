/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/rehearse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arm/rehearse/past.h"
#include "arm/rehearse/readback.h"
#include "arm/rehearse/real.h"
#include "arm/rehearse/try.h"
#include "arm/rehearse/work.h"

#define MEMORY_LEAST GIB(1)
#define MEMORY_BESIDES MIB(768) /* for the first kernel, its initramfs and something to dump */

/* The filter keeps two bits a page of the crashed kernel's memory. */
#define BITMAP_SHARE UINT64_C(16384)

/* Less than that available at the worst moment is said. */
#define SCARCE MIB(8)

struct job {
	const struct root *root;
	const struct rehearsal_options *o;
	struct rehearsal *out;
	char work[PATH_MAX];
	char qemu[PATH_MAX];
	struct subject subject;
	struct scene scene;
	struct reservation reservation;
	enum vm_accel accel;
	const char *accel_why;
};

static int job_done(struct job *j)
{
	subject_done(&j->subject);
	scene_done(&j->scene);
	work_remove(j->work, j->o->keep);
	return 0;
}

static void jobp(struct job *j)
{
	(void)job_done(j);
}

static int copy_facts(struct job *j, struct error *e)
{
	const struct subject *s = &j->subject;
	struct rehearsal *out = j->out;

	out->release = strdup(s->release);
	out->kernel = strdup(s->kernel);
	out->target = strdup(s->target);
	out->image_armed = s->armed;
	out->image = s->digest;
	out->sizes = s->sizes;
	out->when = time(NULL);
	return out->release && out->kernel && out->target ? 0
							  : error_errno(e, -ENOMEM, "rehearsal");
}

/* What is reserved here, less what the filter of this machine takes and that of QEMU's smaller one does not. */
static int choose_sizes(struct job *j, struct error *e)
{
	struct rehearsal *out = j->out;
	uint64_t size = j->o->crashkernel ?: j->reservation.reserved, less = 0;

	if (!size)
		return error_set(e, -ENOENT,
				 "no memory is reserved for a capture kernel here; say how much to "
				 "try with: --crashkernel 128M");
	out->memory = j->o->memory ?: MAX(MEMORY_LEAST, align_up(size + MEMORY_BESIDES, MIB(256)));
	if (j->reservation.ram > out->memory)
		less = align_up((j->reservation.ram - out->memory) / BITMAP_SHARE, MIB(1));
	if (size < less + MIB(16))
		return error_set(e, -ENOSPC, "a reservation of %llu MiB holds no kernel",
				 (unsigned long long)(size >> 20));
	out->crashkernel = size;
	out->tried = size - less;
	if (!less)
		return 0;
	return scene_note(
		&out->same, e,
		"reservation: %llu MiB, of which %llu MiB are held back here for the bitmaps "
		"of this machine's %llu MiB of RAM",
		(unsigned long long)(size >> 20), (unsigned long long)(less >> 20),
		(unsigned long long)(j->reservation.ram >> 20));
}

static int note_likeness(struct job *j, struct error *e)
{
	const struct subject *s = &j->subject;
	struct rehearsal *out = j->out;
	char words[100];
	int r;

	try_words(s->cmdline, j->accel, words, sizeof(words));
	r = scene_note(&out->same, e, "kernel: %s%s", s->kernel,
		       s->kernel_changed ? " (changed since it was armed)" : "");
	if (r == 0)
		r = scene_note(j->scene.changed ? &out->different : &out->same, e,
			       "capture image: %s%s",
			       s->armed ? "the one that is armed" : "made now, as arm would",
			       j->scene.changed ? ", packed again with the changes below" : "");
	if (r == 0)
		r = scene_note(*words ? &out->different : &out->same, e,
			       "capture kernel's command line%s%s",
			       *words ? ": as it is, and behind it" : "", words);
	if (r == 0 && j->scene.same.len)
		r = buf_append(&out->same, j->scene.same.data, j->scene.same.len);
	if (r == 0)
		r = scene_note(&out->different, e,
			       "machine: QEMU's with %llu MiB (%s: %s), not this firmware, CPU and "
			       "devices",
			       (unsigned long long)(out->memory >> 20), vm_accel_name(j->accel),
			       j->accel_why);
	if (r == 0)
		r = scene_note(&out->different, e,
			       "first kernel: the same, idle, with lastword's own initramfs and "
			       "command line");
	if (r == 0 && j->scene.different.len)
		r = buf_append(&out->different, j->scene.different.data, j->scene.different.len);
	return r < 0 ? error_errno(e, r, "rehearsal") : 0;
}

static void fail(struct rehearsal *out, const char *fmt, ...) _printf_(2, 3);

static void fail(struct rehearsal *out, const char *fmt, ...)
{
	va_list ap;

	if (*out->reason)
		return;
	out->passed = false;
	va_start(ap, fmt);
	vsnprintf(out->reason, sizeof(out->reason), fmt, ap);
	va_end(ap);
}

/* More than the console can know: what the plan says and what this machine has. */
static void give_reason(struct job *j, const char *ended)
{
	const struct subject *s = &j->subject;
	const struct story *story = &j->out->story;
	bool report = s->plan->report_timeout > 0;
	bool lost = story->stage >= STORY_INIT && !story->uptime[STORY_TARGET];
	char words[400];

	story_reason(story, report, ended, words, sizeof(words));
	if (lost && *j->scene.hint)
		fail(j->out, "%s (%s)", j->scene.hint, words);
	else if (lost && *story->passed_over)
		fail(j->out, "%s (%s)", words, story->passed_over);
	else if (story->stage < STORY_INIT && !*story->refused && *s->append)
		fail(j->out, "%s; its command line has words of its own: %s", words, s->append);
	else
		fail(j->out, "%s", words);
}

static int warn(struct rehearsal *out, struct error *e)
{
	const struct story *s = &out->story;
	int r = 0;

	if (s->next_target)
		r = scene_note(&out->warnings, e,
			       "the first target has no dump, another one has: %s", s->failure);
	if (r == 0 && *s->passed_over)
		r = scene_note(&out->warnings, e, "%s", s->passed_over);
	if (r == 0 && s->lowest_available && s->lowest_available < SCARCE)
		r = scene_note(&out->warnings, e,
			       "only %llu MiB were left at the worst moment: reserve more",
			       (unsigned long long)(s->lowest_available >> 20));
	return r;
}

/* Were the files whose names were shown really written? */
static int read_back(struct job *j, struct error *e)
{
	const struct plan_target *t = &j->subject.plan->targets[0];
	struct readback found;
	struct error why = { 0 };
	int r;

	if (!j->scene.disk || t->kind != PLAN_TARGET_FS || j->out->story.next_target)
		return 0;
	r = readback_check(j->scene.disk, j->scene.fstype, t->path, &found, &why);
	if (r == -EPERM)
		return scene_note(&j->out->warnings, e, "not read back: %s", error_text(&why));
	if (r < 0) {
		fail(j->out, "%s", error_text(&why));
		return 0;
	}
	j->out->bytes = found.bytes;
	return scene_note(&j->out->same, e, "read back: %u files, %.1f MiB, as their SHA-256 says",
			  found.files, (double)found.bytes / (double)MIB(1));
}

static int crash(struct job *j, struct error *e)
{
	struct rehearsal *out = j->out;
	const struct try_spec spec = {
		.qemu = j->qemu,
		.accel = j->accel,
		.work = j->work,
		.name = "rehearsal",
		.crashkernel = out->tried,
		.memory = out->memory,
		.talk = j->o->talk,
	};
	usec_t started = clock_now();
	char ended[100] = "";
	int r;

	rehearsal_say(&j->o->talk, "kernel %s, %llu MiB reserved, in QEMU (%s)", out->release,
		      (unsigned long long)(out->tried >> 20), vm_accel_name(j->accel));
	r = try_crash(j->root, &j->subject, &j->scene, &spec, &out->story, ended, e);
	out->took = clock_now() - started;
	if (r < 0)
		return r;
	out->passed = story_is_whole(&out->story, j->subject.plan->report_timeout > 0);
	if (!out->passed) {
		give_reason(j, ended);
		return 0;
	}
	r = read_back(j, e);
	return r < 0 ? r : warn(out, e);
}

static int prepare(struct job *j, struct error *e)
{
	struct error none = { 0 };
	int r = work_make(j->o->keep, j->work, e);

	if (r == 0)
		r = subject_find(j->root, j->o->release, false, &j->subject, e);
	if (r == 0)
		r = copy_facts(j, e);
	if (r == 0)
		r = vm_find(j->qemu, e);
	if (r < 0)
		return r;
	if (reservation_read(j->root, &j->reservation, &none) < 0)
		reservation_look(j->root, &j->reservation);
	r = choose_sizes(j, e);
	if (r == 0)
		r = vm_probe_accel(j->qemu, &j->accel, &j->accel_why, e);
	if (r == 0)
		r = scene_make(j->root, &j->subject, j->work, j->o->local, false, &j->scene, e);
	if (r < 0)
		return r;
	j->out->image_changed = j->scene.changed;
	j->out->accel = vm_accel_name(j->accel);
	return note_likeness(j, e);
}

int rehearse(const struct root *root, const struct rehearsal_options *o, struct rehearsal *ret,
	     struct error *e)
{
	_cleanup_vm_interrupt_ struct vm_interrupt interrupt = { 0 };
	_cleanup_rehearsal_ struct rehearsal out = { 0 };
	_cleanup_(jobp) struct job j = { .root = root, .o = o, .out = &out };
	struct error why = { 0 };
	int r;

	vm_interrupt_begin(&interrupt);
	r = prepare(&j, e);
	if (r == 0)
		r = crash(&j, e);
	if (r == 0 && !*root->path)
		r = real_try(root, &j.subject, o, &out, e);
	if (r < 0)
		return r;
	if (past_write(root, &out, &why) < 0)
		r = scene_note(&out.warnings, e, "not recorded: %s", error_text(&why));
	if (r < 0)
		return r;
	*ret = out;
	out = (struct rehearsal){ 0 };
	return 0;
}

void rehearsal_done(struct rehearsal *r)
{
	free(r->release);
	free(r->kernel);
	free(r->target);
	buf_done(&r->same);
	buf_done(&r->different);
	buf_done(&r->real);
	buf_done(&r->warnings);
	*r = (struct rehearsal){ 0 };
}
