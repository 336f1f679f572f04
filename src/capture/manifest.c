/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/manifest.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "capture/console.h"
#include "capture/file.h"
#include "dumpfile/machine.h"
#include "kernel/vmcoreinfo.h"
#include "target/dump_dir.h"

_Static_assert(MANIFEST_TARGETS_MAX == PLAN_TARGETS_MAX, "a place for each target");
_Static_assert(MANIFEST_CLASSES_MAX >= PAGE_CLASS_COUNT, "a place for each class");

static const char *const class_names[PAGE_CLASS_COUNT] = {
	[PAGE_KERNEL] = "kernel",   [PAGE_CACHE] = "cache", [PAGE_CACHE_PRIVATE] = "cache_private",
	[PAGE_USER] = "user",	    [PAGE_FREE] = "free",   [PAGE_HWPOISON] = "hwpoison",
	[PAGE_OFFLINE] = "offline",
};

#define SET(array, text) snprintf(array, sizeof(array), "%s", text)

static struct manifest *manifest_of(const struct worker *w)
{
	return &w->c->board->manifest;
}

void manifest_source(struct worker *w)
{
	struct manifest *m = manifest_of(w);
	const char *time = NULL;

	if (!w->dump)
		return;
	SET(m->machine, machine_name(dumpfile_info(w->dump)->machine));
	m->crash_time = dumpfile_info(w->dump)->crash_time;
	if (!w->kernel)
		return;
	SET(m->release, kernel_release(w->kernel));
	time = vmcoreinfo_get(kernel_vmcoreinfo(w->kernel), "CRASHTIME");
	if (time)
		m->crash_time = strtoll(time, NULL, 10);
}

void manifest_opened(struct worker *w, uint32_t index)
{
	SET(manifest_of(w)->targets[index].what, w->target->what);
	manifest_of(w)->targets[index].why[0] = '\0';
	SET(manifest_of(w)->directory, w->c->board->name);
}

void manifest_unopened(struct capture *c, uint32_t index, const struct error *e)
{
	const struct plan_target *t = &c->plan->targets[index];
	struct manifest_target *to = &c->board->manifest.targets[index];
	const char *parts[] = { t->host,	   t->server,	   t->share,
				t->device.fs_uuid, t->device.name, t->path };
	size_t at = (size_t)snprintf(to->what, sizeof(to->what), "%s", target_ops(t->kind)->name);

	for (size_t i = 0; i < ARRAY_SIZE(parts) && at < sizeof(to->what); i++)
		if (parts[i][0])
			at += (size_t)snprintf(to->what + at, sizeof(to->what) - at, " %s",
					       parts[i]);
	SET(to->why, error_text(e));
}

struct manifest_phase *manifest_begin_phase(struct worker *w, enum phase phase)
{
	struct manifest *m = manifest_of(w);
	struct manifest_phase *p = &m->phases[m->phases_count];

	if (phase == PHASE_MANIFEST || m->phases_count == MANIFEST_PHASES_MAX)
		return NULL;
	*p = (struct manifest_phase){ .begun_ms = clock_now() / USEC_PER_MSEC };
	SET(p->name, phase_name(phase));
	m->phases_count++;
	return p;
}

void manifest_end_phase(struct worker *w, struct manifest_phase *p, enum phase phase, int r,
			const struct error *e)
{
	struct manifest *m = manifest_of(w);

	if (phase == PHASE_DUMP && w->target) {
		m->targets[w->index].dump = m->dump_saved = w->c->board->dump_saved;
		SET(m->why, r < 0 ? error_text(e) : "");
		SET(m->targets[w->index].why, m->why);
	}
	if (!p)
		return;
	p->ended_ms = clock_now() / USEC_PER_MSEC;
	p->failed = r < 0;
	SET(p->why, r < 0 ? error_text(e) : "");
}

void manifest_selection(struct worker *w, const struct save_options *o,
			const struct save_result *res)
{
	struct manifest *m = manifest_of(w);

	SET(m->codec, codec_by_id(res->codec)->name);
	m->codec_level = res->codec_level;
	m->target_rate = res->bytes_per_second;
	m->level_asked = o->level;
	m->level = res->level;
	m->threads = res->threads;
	m->page_size = dumpfile_info(w->dump)->page_size;
	m->ram_pages = res->ram_pages;
	m->kept_pages = res->kept_pages;
	m->zero_pages = res->zero_pages;
	m->lost_pages = res->lost_pages;
	m->source_excluded_pages = res->source_excluded_pages;
	for (enum page_class c = 0; c < PAGE_CLASS_COUNT; c++) {
		SET(m->classes[c].name, class_names[c]);
		m->classes[c].pages = res->class_pages[c];
		m->classes[c].kept = !level_excludes(res->level, c);
	}
}

int manifest_save(struct worker *w, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct manifest *m = manifest_of(w);
	struct rusage usage;
	int r;

	if (!file_is_taken(w))
		return 0;
	if (getrusage(RUSAGE_SELF, &usage) == 0)
		m->worker_peak_kib = (uint64_t)usage.ru_maxrss;
	r = manifest_write(m, w->index, &text);
	if (r < 0)
		return error_errno(e, r, MANIFEST_NAME);
	r = file_save(w, MANIFEST_NAME, text.data, text.len, true, e);
	if (r == 0)
		say(MANIFEST_NAME " saved");
	return r;
}

/* Files that the worker was at when it died; what was noted of others holds. */
static void measure_begun(struct manifest *m, uint32_t target, int dir_fd)
{
	for (size_t i = 0; i < MANIFEST_FILES_MAX; i++) {
		struct manifest_file *f = &m->files[i];
		struct stat st;

		f->name[sizeof(f->name) - 1] = '\0';
		if (f->begun && f->target == target && !f->whole &&
		    fstatat(dir_fd, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			f->bytes = (uint64_t)st.st_size;
	}
}

int manifest_after_death(struct capture *c, int dir_fd, struct error *e)
{
	_cleanup_sink_ struct sink *sink = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	struct manifest *m = &c->board->manifest;
	int r;

	measure_begun(m, c->board->target, dir_fd);
	if (!m->dump_saved)
		snprintf(m->why, sizeof(m->why), "the worker was ended in phase %s",
			 phase_name(c->board->phase));
	r = manifest_write(m, c->board->target, &text);
	if (r < 0)
		return error_errno(e, r, MANIFEST_NAME);
	r = dump_dir_create(dir_fd, MANIFEST_NAME, &sink, e);
	if (r == 0)
		r = sink_append(sink, text.data, text.len, e);
	if (r == 0)
		r = sink_sync(sink, e);
	return r == 0 ? dump_dir_commit(dir_fd, MANIFEST_NAME, e) : r;
}
