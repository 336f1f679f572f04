/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/vmcore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/progress.h"
#include "capture/console.h"
#include "dumpfile/flat_write.h"
#include "save/save.h"

#define VMCORE_NAME "vmcore"

#define COPY_CHUNK ((size_t)256 << 10)

/* Between two lines on the console: it may be a slow serial line. */
#define SHOW_EVERY (4 * USEC_PER_SEC)

#define SUMMARY_MAX 400

struct show {
	struct worker *worker;
	uint64_t unit; /* bytes a step of done */
	usec_t said;
};

/* What a collector is given. The summary goes behind "vmcore saved, ". */
struct collection {
	struct worker *worker;
	struct sink *sink;
	struct progress progress;
	struct show show;
	char summary[SUMMARY_MAX];
};

static void show_progress(struct progress *p, usec_t now, bool last)
{
	struct show *show = p->user;
	char text[128];

	worker_report(show->worker, PHASE_DUMP, atomic_load(&p->done), p->total);
	if (last || now - show->said < SHOW_EVERY)
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

static int filter(struct collection *c, struct error *e)
{
	struct worker *w = c->worker;
	const struct plan *p = w->c->plan;
	struct save_options options = {
		.level = p->level,
		.codec = (enum codec_id)p->codec,
		.codec_level = p->codec_level,
		.threads = p->threads,
		.progress = &c->progress,
	};
	struct save_result result = { 0 };
	int r;

	c->show.unit = dumpfile_info(w->dump)->page_size;
	r = save_dump(w->dump, w->kernel, &options, c->sink, &result, e);
	if (result.warning[0])
		say("vmcore: %s", result.warning);
	if (result.lost_pages)
		say("vmcore: %llu pages could not be read and are marked as lost",
		    (unsigned long long)result.lost_pages);
	if (r == 0)
		summarize(c, &result);
	return r;
}

/* A dump that we cannot read as one is copied: whoever can may still get something out of it. */
static int collect(struct collection *c, struct error *e)
{
	const struct plan *p = c->worker->c->plan;

	if (p->collector == PLAN_COLLECT_COPY || !c->worker->dump || !codec_by_id(p->codec))
		return copy(c, e);
	return filter(c, e);
}

/* A stream is made seekable by the flattened format; its end mark comes when all is there. */
static int write_and_sync(struct collection *c, bool stream, struct error *e)
{
	int r = collect(c, e);

	if (r == 0 && stream)
		r = flat_write_finish(c->sink, e);
	if (r == 0)
		r = sink_sync(c->sink, e);
	else
		/* What is there may be of use; the first error is the one to tell. */
		(void)!sink_sync(c->sink, NULL);
	return r;
}

static int open_sink(struct worker *w, struct sink **ret, bool stream, struct error *e)
{
	_cleanup_sink_ struct sink *sink = NULL;
	int r = w->target->ops->create(w->target, VMCORE_NAME, &sink, e);

	if (r == 0 && stream)
		r = flat_write_new(sink, &sink, e);
	if (r == 0)
		*ret = TAKE_PTR(sink);
	return r;
}

int vmcore_save(struct worker *w, struct error *e)
{
	struct collection c = { .worker = w };
	const struct target_ops *ops = w->target->ops;
	struct target_needs needs;
	int closed, r;

	ops->needs(w->planned, &needs);
	c.show = (struct show){ .worker = w, .unit = 1, .said = clock_now() };
	c.progress = (struct progress){ .show = show_progress, .user = &c.show };
	r = open_sink(w, &c.sink, needs.stream, e);
	if (r < 0)
		return r;
	fault_point(&w->c->fault, PHASE_DUMP);
	r = write_and_sync(&c, needs.stream, e);
	closed = sink_close(c.sink, r == 0 ? e : NULL);
	if (r == 0)
		r = closed;
	if (r == 0)
		r = ops->commit(w->target, VMCORE_NAME, e);
	if (r == 0) {
		w->c->board->dump_saved = true;
		say("vmcore saved, %s", c.summary);
	}
	return r;
}
