/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/io.h"
#include "capture/console.h"
#include "capture/file.h"
#include "capture/manifest.h"
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

/* In memory: the maker may be ended at any moment, and a target's files are the worker's alone. */
struct report_files {
	int fds[FILES];
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

	return r < 0 ? r : write_all(files->fds[TEXT], text.data, text.len);
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
	if (r < 0)
		return r;
	r = write_all(files->fds[JSON], json.data, json.len);
	return r < 0 ? error_errno(e, r, "%s", names[JSON]) : 0;
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

/* A report that is not whole keeps its incomplete name. */
static int save_file(struct worker *w, int fd, const char *name, bool whole, struct error *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return error_errno(e, -errno, "%s", name);
	if (!buf_reserve(&text, (size_t)st.st_size))
		return error_errno(e, -ENOMEM, "%s", name);
	r = pread_exactly(fd, text.data, (size_t)st.st_size, 0);
	if (r < 0)
		return error_errno(e, r, "%s", name);
	return file_save(w, name, text.data, (size_t)st.st_size, whole, e);
}

static int save_files(struct worker *w, const struct report_files *files, bool whole,
		      struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < FILES && r == 0; i++)
		r = save_file(w, files->fds[i], names[i], whole, e);
	return r;
}

static int open_files(struct report_files *files, struct error *e)
{
	for (size_t i = 0; i < FILES; i++) {
		files->fds[i] = memfd_create(names[i], MFD_CLOEXEC);
		if (files->fds[i] < 0)
			return error_errno(e, -errno, "%s", names[i]);
	}
	return 0;
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
	if (!whole)
		manifest_add_skipped(&w->c->board->manifest, "report", "it is not whole");
	r = save_files(w, files, whole, e);
	if (r == 0 && whole)
		say("report saved, made in %llu ms with %ld KiB",
		    (unsigned long long)((clock_now() - started) / USEC_PER_MSEC), usage.ru_maxrss);
	return r;
}

int report_save(struct worker *w, struct error *e)
{
	struct report_files files = { .fds = { -1, -1 } };
	struct error why = { 0 };
	int r;

	if (!w->kernel || !file_is_taken(w) || !w->c->plan->report_timeout || w->c->resume)
		return 0;
	r = open_files(&files, &why);
	if (r == 0)
		r = save(w, &files, &why);
	for (size_t i = 0; i < FILES; i++)
		if (files.fds[i] >= 0)
			close(files.fds[i]);
	if (r < 0) {
		say("report: %s; going on with the dump", error_text(&why));
		manifest_add_skipped(&w->c->board->manifest, "report", error_text(&why));
	}
	return 0;
}
