/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/io.h"
#include "capture/console.h"
#include "capture/setup.h"
#include "inspect/report.h"
#include "inspect/report_write.h"

/* Beyond what the worker has mapped. A report maps 20 MiB and uses half of that. */
#define MEMORY_LIMIT MIB(48)

#define SECTION_LIMIT (5 * USEC_PER_SEC)
#define DEATH_WAIT (5 * USEC_PER_SEC)

/* The kernel kills the report before the worker, and the worker before anybody else. */
#define REPORT_OOM "1000\n"
#define WORKER_OOM "900\n"

static const char *const names[] = { "report.txt", "report.json" };

enum { TEXT, JSON, FILES };

struct report_files {
	struct sink *sinks[FILES];
};

/* What the maker has mapped counts from what the worker has. */
static void limit_memory(void)
{
	unsigned long pages = 0;
	struct rlimit limit;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f) {
		if (fscanf(f, "%lu", &pages) != 1)
			pages = 0;
		fclose(f);
	}
	limit.rlim_cur = limit.rlim_max =
		(rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + MEMORY_LIMIT;
	(void)setrlimit(RLIMIT_AS, &limit);
}

/* Section by section: a report that is ended early has its first ones. */
static int write_section(void *user, const struct document *d, size_t first)
{
	struct report_files *files = user;
	_cleanup_buf_ struct buf text = { 0 };
	int r = report_write_text(d, first, &text);

	return r < 0 ? r : sink_append(files->sinks[TEXT], text.data, text.len, NULL);
}

static int make(struct worker *w, struct report_files *files, struct error *e)
{
	const struct report_options options = {
		.now = clock_now,
		.section_limit = SECTION_LIMIT,
		.total_limit = w->c->plan->report_timeout * USEC_PER_SEC,
		.quick = true,
		.section_done = write_section,
		.user = files,
	};
	_cleanup_buf_ struct buf json = { 0 };
	struct document document;
	struct inspect c;
	int r = inspect_open(w->kernel, &c, e);

	if (r < 0)
		return r;
	r = report_build(&c, &options, &document, e);
	if (r == 0) {
		r = report_write_json(&document, &json);
		if (r < 0)
			error_errno(e, r, "%s", names[JSON]);
	}
	/* the process ends here: nothing is freed */
	return r < 0 ? r : sink_append(files->sinks[JSON], json.data, json.len, e);
}

/* The maker's process. */
__attribute__((noreturn)) static void run_maker(struct worker *w, struct report_files *files)
{
	struct error e = { 0 };
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setting_write("/proc/self/oom_score_adj", REPORT_OOM);
	fault_point(&w->c->fault, PHASE_REPORT);
	limit_memory();
	r = make(w, files, &e);
	if (r < 0)
		say("report: %s", error_text(&e));
	_exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* Until it ends or the time is up. The supervisor hears each second that somebody is awake. */
static bool wait_until(struct worker *w, int pid_fd, usec_t deadline)
{
	usec_t started = clock_now(), now = started;

	while (now < deadline) {
		struct pollfd fd = { .fd = pid_fd, .events = POLLIN };
		usec_t left = MIN(deadline - now, USEC_PER_SEC);

		if (poll(&fd, 1, (int)DIV_ROUND_UP(left, USEC_PER_MSEC)) > 0)
			return true;
		now = clock_now();
		worker_report(w, PHASE_REPORT, (now - started) / USEC_PER_SEC + 1, 0);
	}
	return false;
}

static bool say_end(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status) == 0;
	say("report: its process was ended by signal %d (%s); going on with the dump",
	    WTERMSIG(status), sigabbrev_np(WTERMSIG(status)));
	return false;
}

/* True where the report is whole. */
static bool watch_maker(struct worker *w, pid_t pid, struct rusage *ret_usage)
{
	_cleanup_close_ int pid_fd = pidfd_open(pid, 0);
	unsigned limit = w->c->plan->report_timeout;
	bool ended = wait_until(w, pid_fd, clock_now() + limit * USEC_PER_SEC);
	int status;

	if (!ended) {
		say("report: not made within %u s; going on with the dump", limit);
		kill(pid, SIGKILL);
		/* one that waits for a device does not go: it is left behind */
		if (!wait_until(w, pid_fd, clock_now() + DEATH_WAIT))
			return false;
	}
	return wait4(pid, &status, 0, ret_usage) == pid && ended && say_end(status);
}

static int finish_file(struct worker *w, struct sink **sink, const char *name, bool whole,
		       struct error *e)
{
	int r = whole ? sink_sync(*sink, e) : 0, closed = sink_close(TAKE_PTR(*sink), NULL);

	if (r == 0 && closed < 0)
		r = error_errno(e, closed, "%s", name);
	return r == 0 && whole ? w->target->ops->commit(w->target, name, e) : r;
}

static int finish(struct worker *w, struct report_files *files, bool whole, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < FILES; i++) {
		int one = finish_file(w, &files->sinks[i], names[i], whole && r == 0, e);

		r = r < 0 ? r : one;
	}
	return r;
}

static int open_files(struct worker *w, struct report_files *files, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < FILES && r == 0; i++)
		r = w->target->ops->create(w->target, names[i], &files->sinks[i], e);
	return r;
}

static int save(struct worker *w, struct report_files *files, struct error *e)
{
	usec_t started = clock_now();
	struct rusage usage = { 0 };
	bool whole = false;
	pid_t pid;
	int r;

	setting_write("/proc/self/oom_score_adj", WORKER_OOM);
	pid = fork();
	if (pid < 0)
		return error_errno(e, -errno, "no process for it");
	if (pid == 0)
		run_maker(w, files);
	whole = watch_maker(w, pid, &usage);
	r = finish(w, files, whole, e);
	if (r == 0 && whole)
		say("report saved, made in %llu ms with %ld KiB",
		    (unsigned long long)((clock_now() - started) / USEC_PER_MSEC), usage.ru_maxrss);
	return r;
}

int report_save(struct worker *w, struct error *e)
{
	struct report_files files = { 0 };
	struct target_needs needs;
	struct error why = { 0 };
	int r;

	w->target->ops->needs(w->planned, &needs);
	if (!w->kernel || needs.stream || !w->c->plan->report_timeout)
		return 0;
	r = open_files(w, &files, &why);
	if (r == 0)
		r = save(w, &files, &why);
	for (size_t i = 0; i < FILES; i++)
		(void)sink_close(files.sinks[i], NULL);
	if (r < 0)
		say("report: %s; going on with the dump", error_text(&why));
	return 0;
}
