/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/vmcore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/progress.h"
#include "base/sink_special.h"
#include "capture/console.h"
#include "capture/file.h"
#include "capture/manifest.h"
#include "capture/room.h"
#include "dumpfile/flat_write.h"
#include "save/erase_find.h"
#include "save/resume.h"
#include "save/save.h"

/* A flattened dump has kdump's name for it where the target does not give it: an SSH target does. */
#define VMCORE_NAME "vmcore"
#define VMCORE_FLAT_NAME "vmcore.flat"

#define COPY_CHUNK ((size_t)256 << 10)

/* Between two lines on the console: it may be a slow serial line. */
#define SHOW_EVERY (4 * USEC_PER_SEC)

/* A machine that is cut off or reset keeps what was synced. Not at each progress: the next pages wait for it. */
#define SYNC_EVERY (5 * USEC_PER_SEC)

#define SUMMARY_MAX 400

#define ERASE_LIMIT ((size_t)MIB(1))

struct show {
	struct worker *worker;
	uint64_t unit; /* bytes a step of done */
	usec_t said;
	struct sink *sink; /* to be synced now and then, NULL where a sync would be its end */
	usec_t synced;
	int r; /* of such a sync: the kernel tells an error once */
	struct error error;
};

/* What a collector is given. The summary goes behind "vmcore saved, ". */
struct collection {
	struct worker *worker;
	struct sink *sink;
	struct progress progress;
	struct show show;
	char summary[SUMMARY_MAX];
};

static void sync_part(struct show *show, usec_t now)
{
	if (!show->sink || show->r < 0 || now - show->synced < SYNC_EVERY)
		return;
	show->r = sink_sync(show->sink, &show->error);
	show->synced = clock_now();
}

static void show_progress(struct progress *p, usec_t now, bool last)
{
	struct show *show = p->user;
	char text[128];

	worker_report(show->worker, PHASE_DUMP, atomic_load(&p->done), p->total);
	if (strcmp(p->phase, PROGRESS_COPYING) == 0 && atomic_load(&p->done) >= p->total / 2)
		fault_point(&show->worker->c->fault, PLACE_HALF);
	if (last)
		return;
	sync_part(show, now);
	if (now - show->said < SHOW_EVERY)
		return;
	show->said = now;
	progress_format(p, now, show->unit, text, sizeof(text));
	say("%s", text);
}

static int copy_bytes(int from, struct sink *to, char *chunk, struct progress *p, struct error *e)
{
	ssize_t n;

	while ((n = read(from, chunk, COPY_CHUNK)) != 0) {
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(e, -errno, "%s: read", VMCORE);
		r = sink_append(to, chunk, (size_t)n, e);
		if (r < 0)
			return r;
		progress_add(p, (uint64_t)n);
		progress_step(p);
	}
	return 0;
}

/* /proc/vmcore as it is. */
static int copy(struct collection *c, struct error *e)
{
	_cleanup_close_ int from = open(VMCORE, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *chunk;
	int r;

	if (from < 0 || fstat(from, &st) < 0)
		return error_errno(e, -errno, "%s", VMCORE);
	chunk = mmap(NULL, COPY_CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (chunk == MAP_FAILED)
		return error_set(e, -ENOMEM, "%s: out of memory", VMCORE);
	progress_begin(&c->progress, "copying", (uint64_t)st.st_size);
	r = copy_bytes(from, c->sink, chunk, &c->progress, e);
	progress_end(&c->progress);
	munmap(chunk, COPY_CHUNK);
	snprintf(c->summary, sizeof(c->summary), "%llu MiB, copied as it is",
		 (unsigned long long)atomic_load(&c->progress.done) >> 20);
	return r;
}

static const char *const class_names[PAGE_CLASS_COUNT] = {
	[PAGE_KERNEL] = "kernel",
	[PAGE_CACHE] = "page cache",
	[PAGE_CACHE_PRIVATE] = "private page cache",
	[PAGE_USER] = "user data",
	[PAGE_FREE] = "free",
	[PAGE_HWPOISON] = "poisoned",
	[PAGE_OFFLINE] = "offline",
};

/* "43.1 MiB; 104 of 751 MiB of memory kept; left out: page cache 30, free 590 MiB" */
static void summarize(struct collection *c, const struct save_result *res)
{
	const double mib = (double)MIB(1), page = (double)c->show.unit;
	const char *separator = "; left out: ";
	size_t at;

	at = (size_t)snprintf(
		c->summary, SUMMARY_MAX, "%.1f MiB, level %u; %.0f of %.0f MiB of memory kept",
		(double)res->bytes / mib, res->level, (double)res->kept_pages * page / mib,
		(double)res->ram_pages * page / mib);
	for (enum page_class k = 0; k < PAGE_CLASS_COUNT && at < SUMMARY_MAX; k++) {
		if (!res->class_pages[k] || !level_excludes(res->level, k))
			continue;
		at += (size_t)snprintf(c->summary + at, SUMMARY_MAX - at, "%s%s %.0f MiB",
				       separator, class_names[k],
				       (double)res->class_pages[k] * page / mib);
		separator = ", ";
	}
}

/* Where something that must not be told cannot be found, nothing is: the words say so, and log and report are there. */
static int find_erased(struct worker *w, struct eraser **ret, struct error *e)
{
	_cleanup_(eraser_freep) struct eraser *x = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	struct erase_config config = { 0 };
	int r = read_file_at(AT_FDCWD, w->c->plan->erase, ERASE_LIMIT, &text);

	if (r < 0)
		return error_errno(e, r, "%s", w->c->plan->erase);
	if (!w->kernel)
		return error_set(
			e, -ENODATA,
			"what is to be erased cannot be found: the kernel is not understood");
	x = eraser_new(dumpfile_info(w->dump)->page_size);
	if (!x)
		return error_set(e, -ENOMEM, "out of memory");
	r = erase_config_parse(text.data ?: "", text.len, &config, e);
	if (r >= 0)
		r = erase_find(w->kernel, &config, x, e);
	erase_config_done(&config);
	if (r < 0)
		return error_prefix(e, r, "what is to be erased cannot be found");
	eraser_sort(x);
	*ret = TAKE_PTR(x);
	return 0;
}

static void say_rate(const struct save_result *res)
{
	if (res->bytes_per_second)
		say("vmcore: %s level %d, for %.1f MiB/s", codec_by_id(res->codec)->name,
		    res->codec_level, (double)res->bytes_per_second / (double)MIB(1));
}

static int filter(struct collection *c, struct error *e)
{
	struct worker *w = c->worker;
	const struct plan *p = w->c->plan;
	const struct save_room room = room_of(w);
	_cleanup_(eraser_freep) struct eraser *eraser = NULL;
	struct save_options options = {
		.format = p->elf ? SAVE_ELF : SAVE_KDUMP,
		.level = p->level,
		.codec = (enum codec_id)p->codec,
		.codec_level = p->codec_level,
		.rate = {
			.wanted = p->choose_codec,
			.any_codec = true,
			.bytes_per_second = p->target_rate,
			.now = clock_now,
		},
		.threads = p->threads,
		.unused_vmemmap = p->unused_vmemmap,
		.progress = &c->progress,
		.room = &room,
	};
	_cleanup_free_ struct page_run *worth = NULL;
	struct save_result result = { 0 };
	int r = *p->erase ? find_erased(w, &eraser, e) : 0;

	if (r < 0)
		return r;
	options.eraser = eraser;
	dumpfile_watch(w->dump, NULL);
	if (w->touched && touched_runs(w->touched, &worth, &options.worth_count) == 0)
		options.worth = worth;
	c->show.unit = dumpfile_info(w->dump)->page_size;
	r = save_dump(w->dump, w->kernel, &options, c->sink, &result, e);
	if (result.warning[0]) {
		say("vmcore: %s", result.warning);
		manifest_add_skipped(&w->c->board->manifest, "filtering", result.warning);
	}
	if (result.lost_pages)
		say("vmcore: %llu pages could not be read and are marked as lost",
		    (unsigned long long)result.lost_pages);
	say_rate(&result);
	if (result.ram_pages)
		manifest_selection(w, &options, &result);
	if (r == 0)
		summarize(c, &result);
	return r;
}

/* A dump that we cannot read as one is copied: whoever can may still get something out of it. */
static int collect(struct collection *c, struct error *e)
{
	const struct plan *p = c->worker->c->plan;

	if (p->collector == PLAN_COLLECT_MAKEDUMPFILE && *p->erase && !c->worker->dump)
		return error_set(e, -ENODATA,
				 "what is to be erased cannot be found: " VMCORE
				 " cannot be read as a dump");
	if (p->collector == PLAN_COLLECT_COPY || !c->worker->dump || !codec_by_id(p->codec))
		return copy(c, e);
	return filter(c, e);
}

/* A stream is made seekable by the flattened format. */
static int open_sink(struct worker *w, const char *name, struct sink **ret, bool stream,
		     struct error *e)
{
	_cleanup_sink_ struct sink *sink = NULL;
	struct sink *limited;
	int r = file_create(w, name, &sink, e);

	if (r == 0 && w->c->plan->limit) {
		r = sink_limit_new(sink, w->c->plan->limit, &limited, e);
		sink = r == 0 ? limited : sink;
	}
	if (r == 0 && stream)
		r = flat_write_new(sink, &sink, e);
	if (r == 0)
		*ret = TAKE_PTR(sink);
	return r;
}

/* What a worker before this one has left is made whole: what it has of the dump is not written again. */
static int resume(struct collection *c, struct error *e)
{
	struct worker *w = c->worker;
	const struct plan *p = w->c->plan;
	struct resume_options options = {
		.save = {
			.level = p->level,
			.codec = (enum codec_id)p->codec,
			.codec_level = p->codec_level,
			.threads = p->threads,
			.progress = &c->progress,
		},
	};
	struct resume_result result = { 0 };
	_cleanup_close_ int fd = -1;
	int r = w->dump ? file_reopen(w, VMCORE_NAME, &fd, e)
			: error_set(e, -ENODATA, "%s cannot be read as a dump", VMCORE);

	if (r < 0)
		return r;
	fault_point(&w->c->fault, PHASE_DUMP);
	dumpfile_watch(w->dump, NULL);
	c->show.unit = dumpfile_info(w->dump)->page_size;
	r = resume_dump(w->dump, w->kernel, &options, fd, VMCORE_NAME, &result, e);
	if (r < 0)
		return r;
	say("vmcore: %llu of %llu pages were there already",
	    (unsigned long long)result.proved_pages, (unsigned long long)result.save.kept_pages);
	options.save.level = result.save.level;
	manifest_selection(w, &options.save, &result.save);
	summarize(c, &result.save);
	return file_resumed(w, VMCORE_NAME, fd, &c->progress, e);
}

/* The whole way of the file. */
static int save(struct collection *c, struct error *e)
{
	struct worker *w = c->worker;
	const char *name = file_is_sealed(w) ? VMCORE_FLAT_NAME : VMCORE_NAME;
	struct target_needs needs;
	int r;

	w->target->ops->needs(w->planned, &needs);
	r = open_sink(w, name, &c->sink, needs.stream || file_is_sealed(w), e);
	if (r < 0)
		return r;
	if (!needs.stream && !file_is_sealed(w))
		c->show.sink = c->sink;
	fault_point(&w->c->fault, PHASE_DUMP);
	r = collect(c, e);
	if (r == 0 && c->show.r < 0) {
		r = c->show.r;
		*e = c->show.error;
	}
	return file_finish(w, name, c->sink, r, true, e);
}

int vmcore_save(struct worker *w, struct error *e)
{
	struct collection c = { .worker = w };
	int r;

	c.show =
		(struct show){ .worker = w, .unit = 1, .said = clock_now(), .synced = clock_now() };
	c.progress = (struct progress){ .show = show_progress, .user = &c.show };
	r = w->c->resume ? resume(&c, e) : save(&c, e);
	if (r < 0)
		return r;
	snprintf(w->c->board->result, sizeof(w->c->board->result), "%s", c.summary);
	w->c->board->dump_saved = true;
	say("vmcore saved, %s", c.summary);
	if (w->target->kept.name[0])
		say("the server has made %s of the stream", w->target->kept.name);
	room_after(w);
	return 0;
}
