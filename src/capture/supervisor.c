/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "capture/console.h"
#include "capture/meminfo.h"
#include "capture/rites.h"
#include "capture/setup.h"
#include "capture/watch.h"
#include "capture/worker.h"

/* How long a killed process may take to go: one that waits for a device does not go at all. */
#define DEATH_WAIT (5 * USEC_PER_SEC)

/* For what is done after a worker that died: write the own log, sync, unmount. */
#define RITES_WAIT (30 * USEC_PER_SEC)

struct child {
	pid_t pid;
	bool ended;
	int status;
	uint64_t peak_kib;
};

struct supervisor {
	int signal_fd;
	int report_fd;
	struct watch watch;
	struct meminfo_mark memory;
	struct child worker, rites;
	bool gave_up; /* on the worker, and said so */
};

static int prepare(struct supervisor *s, struct capture *c)
{
	int pipe_fds[2];
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0 || pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	s->report_fd = pipe_fds[0];
	c->report_fd = pipe_fds[1];
	meminfo_begin(&s->memory);
	return 0;
}

/* A child is the first the kernel kills when memory runs out; PID 1 is never. */
static int start_child(struct child *child, int (*run)(struct capture *c), struct capture *c)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setting_write("/proc/self/oom_score_adj", "1000\n");
		_exit(run(c));
	}
	child->pid = pid;
	return 0;
}

/* Reaps whatever has ended: our children, and orphans that became ours. */
static void reap(struct supervisor *s)
{
	struct child *children[] = { &s->worker, &s->rites };
	struct signalfd_siginfo info;
	struct rusage usage;
	int status;
	pid_t pid;

	while (read(s->signal_fd, &info, sizeof(info)) > 0)
		;
	while ((pid = wait4(-1, &status, WNOHANG, &usage)) > 0) {
		for (size_t i = 0; i < ARRAY_SIZE(children); i++) {
			if (children[i]->pid != pid || children[i]->ended)
				continue;
			children[i]->ended = true;
			children[i]->status = status;
			children[i]->peak_kib = (uint64_t)usage.ru_maxrss;
		}
	}
}

static void read_reports(struct supervisor *s)
{
	struct watch_report reports[32];
	ssize_t n;

	while ((n = read(s->report_fd, reports, sizeof(reports))) > 0)
		if (watch_feed(&s->watch, reports, (size_t)n, clock_now()))
			meminfo_sample(&s->memory);
}

/* Sleeps until something happens or the deadline is there. */
static void wait_events(struct supervisor *s, usec_t deadline)
{
	struct pollfd fds[] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = s->report_fd, .events = POLLIN },
	};
	usec_t now = clock_now();
	uint64_t left_ms = now < deadline ? DIV_ROUND_UP(deadline - now, USEC_PER_MSEC) : 0;

	if (poll(fds, ARRAY_SIZE(fds), (int)MIN(left_ms, UINT64_C(3600000))) <= 0)
		return;
	if (fds[1].revents)
		read_reports(s);
	if (fds[0].revents)
		reap(s);
}

static void wait_child(struct supervisor *s, const struct child *child, usec_t deadline)
{
	while (!child->ended && clock_now() < deadline)
		wait_events(s, deadline);
}

static void end_child(struct supervisor *s, struct child *child, const char *name)
{
	kill(child->pid, SIGKILL);
	wait_child(s, child, clock_now() + DEATH_WAIT);
	if (!child->ended)
		say("%s does not end: it waits for a device that does not answer", name);
}

static void say_verdict(const struct supervisor *s, enum watch_verdict verdict)
{
	const struct watch *w = &s->watch;

	switch (verdict) {
	case WATCH_GOING:
		break;
	case WATCH_LATE:
		say("phase %s: the log is not saved after %llu s; ending the worker",
		    phase_name(w->phase), (unsigned long long)(w->limits.log / USEC_PER_SEC));
		break;
	case WATCH_STALLED:
		say("phase %s: no progress for %llu s; ending the worker", phase_name(w->phase),
		    (unsigned long long)(w->limits.stall / USEC_PER_SEC));
		break;
	case WATCH_OVER:
		say("phase %s: the total time of %llu s is up; ending the worker",
		    phase_name(w->phase), (unsigned long long)(w->limits.total / USEC_PER_SEC));
	}
}

static void watch_worker(struct supervisor *s)
{
	enum watch_verdict verdict = WATCH_GOING;

	while (!s->worker.ended && verdict == WATCH_GOING) {
		wait_events(s, watch_deadline(&s->watch));
		verdict = watch_check(&s->watch, clock_now());
	}
	if (s->worker.ended)
		return;
	say_verdict(s, verdict);
	s->gave_up = true;
	end_child(s, &s->worker, "the worker");
}

/* Did the worker come to its own end, whatever it was? */
static bool worker_exited(const struct supervisor *s)
{
	return s->worker.ended && WIFEXITED(s->worker.status);
}

static void say_end(const struct supervisor *s, uint64_t oom_kills_before)
{
	int status = s->worker.status;

	if (s->gave_up || !s->worker.ended || !WIFSIGNALED(status))
		return;
	if (s->memory.oom_kills > oom_kills_before)
		say("phase %s: the worker was killed because memory ran out; reserve more with "
		    "crashkernel=",
		    phase_name(s->watch.phase));
	else
		say("phase %s: the worker was ended by signal %d (%s)", phase_name(s->watch.phase),
		    WTERMSIG(status), sigabbrev_np(WTERMSIG(status)));
}

/* The worker's death left the target mounted: another process writes the own log and unmounts. */
static void perform_rites(struct supervisor *s, struct capture *c)
{
	usec_t deadline = clock_now() + RITES_WAIT;
	int r = start_child(&s->rites, rites_run, c);

	if (r < 0) {
		say("no process for the last sync: %s", strerror(-r));
		return;
	}
	wait_child(s, &s->rites, deadline);
	if (!s->rites.ended)
		end_child(s, &s->rites, "the last sync");
}

static void say_memory(const struct supervisor *s)
{
	say("memory: total %llu MiB, lowest available %llu MiB, lowest free %llu MiB, worker peak "
	    "%llu MiB",
	    (unsigned long long)(s->memory.total >> 10),
	    (unsigned long long)(s->memory.lowest_available >> 10),
	    (unsigned long long)(s->memory.lowest_free >> 10),
	    (unsigned long long)(s->worker.peak_kib >> 10));
}

/* Is there a target left for a dump that is not saved? */
static bool has_next(const struct capture *c)
{
	return !c->board->dump_saved && c->attempt < PLAN_TARGETS_MAX &&
	       (uint64_t)c->board->target + 1 < c->plan->targets_count;
}

/* Another worker for the targets that are left, where the dump is not saved and there is time. */
static bool go_on(struct supervisor *s, struct capture *c)
{
	struct watch_limits limits = s->watch.limits;

	if (!has_next(c) || clock_now() >= c->started + limits.total)
		return false;
	c->attempt++;
	c->first_target = c->board->target + 1;
	c->fault = (struct fault){ 0 };
	say("the dump is not saved; going on with target %u of %zu", c->first_target + 1,
	    c->plan->targets_count);
	s->gave_up = false;
	s->worker = s->rites = (struct child){ 0 };
	watch_begin(&s->watch, &limits, c->started, clock_now());
	return start_child(&s->worker, worker_run, c) == 0;
}

bool supervise(struct capture *c)
{
	static struct supervisor s;
	struct watch_limits limits;
	uint64_t oom_kills = 0;
	int r = prepare(&s, c);

	if (r == 0) {
		oom_kills = s.memory.oom_kills;
		watch_limits_from_plan(c->plan, &limits);
		watch_begin(&s.watch, &limits, c->started, clock_now());
		setting_write("/proc/self/oom_score_adj", "-1000\n");
		r = start_child(&s.worker, worker_run, c);
	}
	if (r < 0) {
		say("cannot start the worker: %s", strerror(-r));
		return false;
	}
	/* After the fork: it also gives us our own copies of the pages we shared with the worker. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		say("cannot lock the supervisor's memory: %s", strerrordesc_np(errno));
	do {
		watch_worker(&s);
		meminfo_sample(&s.memory);
		say_end(&s, oom_kills);
		/* a sync would wait for the device that the worker waited for */
		if (!worker_exited(&s) && !(s.gave_up && has_next(c)))
			perform_rites(&s, c);
	} while (go_on(&s, c));
	say_memory(&s);
	return worker_exited(&s) && WEXITSTATUS(s.worker.status) == 0;
}
