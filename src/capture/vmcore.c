/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/vmcore.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/progress.h"
#include "capture/console.h"

#define VMCORE_NAME "vmcore"

#define COPY_CHUNK ((size_t)256 << 10)

/* Between two lines on the console: it may be a slow serial line. */
#define SHOW_EVERY (4 * USEC_PER_SEC)

struct show {
	struct worker *worker;
	uint64_t unit; /* bytes a step of done */
	usec_t said;
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
static int copy(struct worker *w, struct sink *to, struct progress *p, struct error *e)
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
	progress_begin(p, "copying", (uint64_t)st.st_size);
	r = copy_bytes(from, to, chunk, p, e);
	progress_end(p);
	munmap(chunk, COPY_CHUNK);
	if (r == 0)
		say("vmcore saved, %llu MiB, copied as it is",
		    (unsigned long long)atomic_load(&p->done) >> 20);
	return r;
}

static int write_and_sync(struct worker *w, struct sink *sink, struct error *e)
{
	struct show show = { .worker = w, .unit = 1, .said = clock_now() };
	struct progress progress = { .show = show_progress, .user = &show };
	int r = copy(w, sink, &progress, e);

	return r < 0 ? r : sink_sync(sink, e);
}

int vmcore_save(struct worker *w, struct error *e)
{
	const struct target_ops *ops = w->target->ops;
	struct sink *sink;
	int closed, r;

	r = ops->create(w->target, VMCORE_NAME, &sink, e);
	if (r < 0)
		return r;
	fault_point(&w->c->fault, PHASE_DUMP);
	r = write_and_sync(w, sink, e);
	closed = sink_close(sink, r == 0 ? e : NULL);
	if (r == 0)
		r = closed;
	if (r == 0)
		r = ops->commit(w->target, VMCORE_NAME, e);
	if (r == 0)
		w->c->board->dump_saved = true;
	return r;
}
