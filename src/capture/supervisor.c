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
#include "capture/chain.h"
#include "capture/console.h"
#include "capture/hooks.h"
#include "capture/meminfo.h"
#include "capture/rites.h"
#include "capture/setup.h"
#include "capture/shell.h"
#include "capture/teller.h"
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
	struct manifest *manifest; /* written to alone */
	struct child worker, rites, hooks, shell, teller;
	struct watchdogs *watchdogs;
	bool has_watchdogs; /* all that there will be */
	bool gave_up;	    /* on the worker, and said so */
};

static int prepare(struct supervisor *s, struct capture *c)
{
	int pipe_fds[2];
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	s->watchdogs = &c->watchdogs;
	s->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0 || pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	s->report_fd = pipe_fds[0];
	c->report_fd = pipe_fds[1];
	meminfo_begin(&s->memory);
	s->manifest = &c->board->manifest;
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
		watchdogs_forget(&c->watchdogs);
		setting_write("/proc/self/oom_score_adj", "1000\n");
		_exit(run(c));
	}
	child->pid = pid;
	return 0;
}

/* Reaps whatever has ended: our children, and orphans that became ours. */
static void reap(struct supervisor *s)
{
	struct child *children[] = { &s->worker, &s->rites, &s->hooks, &s->shell, &s->teller };
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

static void sample_memory(struct supervisor *s)
{
	struct manifest *m = s->manifest;

	meminfo_sample(&s->memory);
	m->memory_given_kib = s->memory.given;
	m->memory_total_kib = s->memory.total;
	m->lowest_available_kib = s->memory.lowest_available;
	m->lowest_free_kib = s->memory.lowest_free;
	if (s->worker.ended)
		m->worker_peak_kib = s->worker.peak_kib;
}

static void read_reports(struct supervisor *s)
{
	struct watch_report reports[32];
	ssize_t n;

	while ((n = read(s->report_fd, reports, sizeof(reports))) > 0)
		if (watch_feed(&s->watch, reports, (size_t)n, clock_now()))
			sample_memory(s);
	/* each module may have brought one, also those whose reports we read late */
	if (!s->has_watchdogs)
		watchdogs_look(s->watchdogs);
	s->has_watchdogs |= s->watch.phase > PHASE_MODULES;
}

/* Sleeps until something happens, the deadline is there, or a watchdog wants to hear of us. */
static void wait_events(struct supervisor *s, usec_t deadline)
{
	struct pollfd fds[] = {
		{ .fd = s->signal_fd, .events = POLLIN },
		{ .fd = s->report_fd, .events = POLLIN },
	};
	usec_t now = clock_now(), due = watchdogs_ping(s->watchdogs, now);
	usec_t until = MIN(deadline, due);
	uint64_t left_ms = now < until ? DIV_ROUND_UP(until - now, USEC_PER_MSEC) : 0;

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

static void watch_worker(struct supervisor *s, const struct fault *fault)
{
	enum watch_verdict verdict = WATCH_GOING;

	while (!s->worker.ended && verdict == WATCH_GOING) {
		wait_events(s, watch_deadline(&s->watch));
		verdict = watch_check(&s->watch, clock_now());
		if (s->watch.phase == PHASE_DUMP)
			fault_point(fault, PLACE_SUPERVISOR);
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
	usec_t deadline = clock_now() + RITES_WAIT + hooks_time(c->plan, PLAN_HOOK_POST);
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

/* The hooks that no worker ran, and those of a failure. */
static void run_hooks(struct supervisor *s, struct capture *c, bool failed, bool resort)
{
	usec_t time =
		hooks_time(c->plan, PLAN_HOOK_POST) + hooks_time(c->plan, PLAN_HOOK_EMERGENCY);

	c->emergency = failed;
	c->resort = resort;
	s->hooks = (struct child){ 0 };
	if (time == 0 || start_child(&s->hooks, hooks_last, c) < 0)
		return;
	wait_child(s, &s->hooks, clock_now() + time);
	if (!s->hooks.ended)
		end_child(s, &s->hooks, "the last hook");
}

/* Nobody may be there, or somebody who has much to look at: no limit of time holds for a shell. */
static void run_shell(struct supervisor *s, struct capture *c)
{
	say("a shell on the console; %s follows its end", plan_action_name(c->plan->final_action));
	if (start_child(&s->shell, shell_run, c) == 0)
		wait_child(s, &s->shell, UINT64_MAX);
}

/* A worker that died before anything was saved, with no target left: the fault may have been the worker's. */
static bool may_try_again(const struct supervisor *s, const struct capture *c)
{
	return !c->again && !c->board->log_saved && !c->board->dump_saved &&
	       s->watch.phase <= PHASE_LOG && s->worker.ended && !worker_exited(s);
}

/* Killed, and not by us: by the kernel, for want of memory, or for a fault that need not come again. */
static bool may_resume(const struct supervisor *s, const struct capture *c)
{
	return s->worker.ended && !worker_exited(s) && !s->gave_up && !chain_has_next(c) &&
	       chain_can_resume(c);
}

/* What a fault did once is over, but for a dump that no worker can write. */
static void begin_attempt(struct capture *c, bool next)
{
	c->attempt++;
	c->again = !next;
	c->resume = c->retry;
	c->retry = false;
	/* a directory of its own: what the first left keeps its own story */
	if (!next && !c->resume)
		c->board->name[0] = '\0';
	c->first_target = c->board->target + next;
	if (!c->resume || c->fault.phase != PHASE_DUMP)
		c->fault = (struct fault){ 0 };
}

/* Another worker for the targets that are left, where the dump is not saved and there is time. */
static bool go_on(struct supervisor *s, struct capture *c)
{
	struct watch_limits limits = s->watch.limits;
	bool next = chain_has_next(c);

	if ((!next && !c->retry && !may_try_again(s, c)) ||
	    clock_now() >= c->started + limits.total)
		return false;
	begin_attempt(c, next);
	if (next && c->plan->targets[c->first_target].last_resort)
		run_hooks(s, c, true, true);
	if (next)
		say("the dump is not saved; going on with target %u of %zu", c->first_target + 1,
		    c->plan->targets_count);
	else if (c->resume)
		say("the dump is not whole; another worker goes on with it on target %u",
		    c->first_target + 1);
	else
		say("nothing is saved; another worker tries target %u once more",
		    c->first_target + 1);
	s->gave_up = false;
	s->worker = s->rites = (struct child){ 0 };
	watch_begin(&s->watch, &limits, c->started, clock_now());
	return start_child(&s->worker, worker_run, c) == 0;
}

/* Nobody waits for it, and nothing is lost without it. */
static void start_teller(struct supervisor *s, struct capture *c)
{
	if (c->plan->receivers_count && start_child(&s->teller, teller_run, c) < 0)
		say("no process for the last words");
}

static struct supervisor pid1;

void supervise_end(struct capture *c, enum plan_action action)
{
	c->board->action = action;
	c->board->ended = true;
	if (!pid1.teller.pid)
		return;
	wait_child(&pid1, &pid1.teller, clock_now() + TELLER_WAIT);
	if (pid1.teller.ended)
		return;
	say("last words: not all told after %llu s more; ending that",
	    (unsigned long long)(TELLER_WAIT / USEC_PER_SEC));
	end_child(&pid1, &pid1.teller, "who tells the last words");
}

bool supervise(struct capture *c)
{
	struct supervisor *s = &pid1;
	struct watch_limits limits;
	uint64_t oom_kills = 0;
	int r = prepare(s, c);
	bool saved;

	if (r == 0) {
		oom_kills = s->memory.oom_kills;
		watch_limits_from_plan(c->plan, &limits);
		watch_begin(&s->watch, &limits, c->started, clock_now());
		setting_write("/proc/self/oom_score_adj", "-1000\n");
		r = start_child(&s->worker, worker_run, c);
	}
	if (r < 0) {
		say("cannot start the worker: %s", strerror(-r));
		return false;
	}
	start_teller(s, c);
	/* After the fork: it also gives us our own copies of the pages we shared with the worker. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		say("cannot lock the supervisor's memory: %s", strerrordesc_np(errno));
	watchdogs_look(&c->watchdogs);
	do {
		watch_worker(s, &c->fault);
		sample_memory(s);
		say_end(s, oom_kills);
		c->retry = may_resume(s, c);
		/* a sync would wait for the device that the worker waited for */
		if (!worker_exited(s) && !(s->gave_up && chain_has_next(c)))
			perform_rites(s, c);
	} while (go_on(s, c));
	saved = worker_exited(s) && WEXITSTATUS(s->worker.status) == 0;
	run_hooks(s, c, !saved && !c->board->vetoed, false);
	say_memory(s);
	if (!saved && !c->board->vetoed && c->plan->failure_action == PLAN_SHELL)
		run_shell(s, c);
	return saved || c->board->vetoed;
}
