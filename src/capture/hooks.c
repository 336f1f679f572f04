/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/hooks.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "capture/chain.h"
#include "capture/console.h"
#include "capture/setup.h"

/* What a hook may say: at 9600 baud a console takes this in 17 s. */
#define OUTPUT_MAX 16384
#define LINE_MAX_BYTES 200

/* How long a killed process may take to go: one that waits for a device does not go at all. */
#define DEATH_WAIT (5 * USEC_PER_SEC)

/* The kernel kills a hook before the worker, when memory runs out. */
#define HOOK_OOM "1000\n"
#define WORKER_OOM "900\n"

/* sh(1): the program was found and could not be run, or was not found. Nobody's decision about the dump. */
#define STATUS_NOT_RUN 126
#define STATUS_NOT_FOUND 127

/* What all hooks of one kind are given. */
struct hooks {
	const struct plan *plan;
	enum plan_hook_when when;
	const char *dir;       /* the dump directory in this kernel, "" where there is none */
	const char *argument;  /* NULL: none */
	struct worker *worker; /* whose progress they are; NULL: nobody's */
	enum phase phase;
};

/* A hook that runs. */
struct hook {
	const struct plan_hook *planned;
	pid_t pid;
	int pid_fd, out; /* -1 at its end */
	size_t said, len;
	char line[LINE_MAX_BYTES + 1];
};

static void say_line(struct hook *h)
{
	const char *name = strrchr(h->planned->path, '/') + 1;

	h->line[h->len] = '\0';
	if (h->len > 0 && h->said <= OUTPUT_MAX)
		say("%s: %s", name, h->line);
	h->len = 0;
}

static void take_byte(struct hook *h, unsigned char c)
{
	h->said++;
	if (c == '\n' || h->len == LINE_MAX_BYTES)
		say_line(h);
	if (h->said == OUTPUT_MAX)
		say("%s: it says more, which is left out", h->planned->path);
	if (c != '\n' && c != '\r')
		h->line[h->len++] = iscntrl(c) && c != '\t' ? '.' : (char)c;
}

/* What is there; true where there may be more. */
static bool take_output(struct hook *h)
{
	char bytes[1024];
	ssize_t n = h->out < 0 ? 0 : read(h->out, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++)
		take_byte(h, (unsigned char)bytes[i]);
	if (n == 0 && h->out >= 0) {
		close(h->out);
		h->out = -1;
	}
	return n > 0;
}

__attribute__((noreturn)) static void become(const struct hooks *all, const struct plan_hook *p,
					     int out)
{
	static char dir[600];
	char *const argv[] = { p->path, (char *)all->argument, NULL };
	char *const environment[] = {
		(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		(char *)"HOME=/",
		(char *)"TERM=linux",
		dir,
		NULL,
	};
	sigset_t none;

	snprintf(dir, sizeof(dir), "LASTWORD_DIR=%s", all->dir);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setting_write("/proc/self/oom_score_adj", HOOK_OOM);
	if (chdir("/") == 0 && dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), 0) >= 0 &&
	    dup2(out, 1) >= 0 && dup2(out, 2) >= 0)
		execve(p->path, argv, environment);
	dprintf(out, "%s\n", strerrordesc_np(errno));
	_exit(STATUS_NOT_FOUND);
}

static int start(const struct hooks *all, const struct plan_hook *p, struct hook *ret)
{
	struct hook h = { .planned = p, .pid_fd = -1, .out = -1 };
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	h.out = pipe_fds[0];
	(void)fcntl(h.out, F_SETFL, O_NONBLOCK);
	h.pid = fork();
	if (h.pid == 0)
		become(all, p, pipe_fds[1]);
	close(pipe_fds[1]);
	if (h.pid > 0)
		h.pid_fd = pidfd_open(h.pid, 0);
	if (h.pid < 0 || h.pid_fd < 0) {
		int r = -errno;

		if (h.pid > 0)
			kill(h.pid, SIGKILL);
		close(h.out);
		return r;
	}
	*ret = h;
	return 0;
}

/* True when it ended by then. One that ended may have left a process behind that holds its output open. */
static bool wait_until(const struct hooks *all, struct hook *h, usec_t deadline)
{
	usec_t begun = clock_now(), now;

	while ((now = clock_now()) < deadline) {
		struct pollfd fds[] = { { .fd = h->pid_fd, .events = POLLIN },
					{ .fd = h->out, .events = POLLIN } };

		if (all->worker)
			worker_report(all->worker, all->phase, (now - begun) / USEC_PER_SEC + 1, 0);
		(void)poll(fds, ARRAY_SIZE(fds),
			   (int)MIN((deadline - now) / USEC_PER_MSEC + 1, (usec_t)1000));
		if (fds[1].revents)
			(void)take_output(h);
		if (fds[0].revents & POLLIN)
			return true;
	}
	return false;
}

/* Killed by us or by somebody else, or its exit status; -1 where there is none. */
static int say_end(const struct hooks *all, const struct hook *h, bool ended, int status)
{
	const char *kind = plan_hook_name(all->when), *path = h->planned->path;

	if (ended && WIFEXITED(status)) {
		say("%s hook %s: done, with status %d", kind, path, WEXITSTATUS(status));
		return WEXITSTATUS(status);
	}
	if (ended)
		say("%s hook %s: ended by signal %d (%s)", kind, path, WTERMSIG(status),
		    sigabbrev_np(WTERMSIG(status)));
	return -1;
}

static int finish(const struct hooks *all, struct hook *h)
{
	unsigned limit = all->plan->hook_timeout;
	bool ended = wait_until(all, h, clock_now() + limit * USEC_PER_SEC);
	int status = 0;

	if (!ended) {
		say("%s hook %s: not done within %u s; ending it", plan_hook_name(all->when),
		    h->planned->path, limit);
		kill(-h->pid, SIGKILL);
		(void)wait_until(all, h, clock_now() + DEATH_WAIT);
	}
	/* one that waits for a device does not go: it is left behind */
	ended = waitpid(h->pid, &status, WNOHANG) == h->pid && ended;
	while (h->said < OUTPUT_MAX && take_output(h))
		;
	say_line(h);
	/* What a hook before the dump starts may be meant to stay; behind the dump it would keep the target busy. */
	if (all->when != PLAN_HOOK_PRE)
		kill(-h->pid, SIGKILL);
	return say_end(all, h, ended, status);
}

/* True where one of them vetoes what comes next, which ends them. */
static bool run_all(const struct hooks *all)
{
	const struct plan *p = all->plan;
	bool vetoed = false;

	for (size_t i = 0; i < p->hooks_count && !vetoed; i++) {
		const struct plan_hook *planned = &p->hooks[i];
		struct hook h;
		int r, status;

		if (planned->when != all->when)
			continue;
		r = start(all, planned, &h);
		if (r < 0) {
			say("%s hook %s: no process: %s", plan_hook_name(all->when), planned->path,
			    strerrordesc_np(-r));
			continue;
		}
		status = finish(all, &h);
		close(h.pid_fd);
		if (h.out >= 0)
			close(h.out);
		vetoed = planned->vetoes && status > 0 && status != STATUS_NOT_RUN &&
			 status != STATUS_NOT_FOUND;
	}
	return vetoed;
}

void hooks_pre(struct worker *w, bool *ret_vetoed)
{
	struct hooks all = {
		.plan = w->c->plan,
		.when = PLAN_HOOK_PRE,
		.dir = w->target->dir,
		.worker = w,
		.phase = PHASE_PRE,
	};

	*ret_vetoed = false;
	if (w->c->board->pre_begun || !hooks_time(all.plan, all.when))
		return;
	w->c->board->pre_begun = true;
	setting_write("/proc/self/oom_score_adj", WORKER_OOM);
	*ret_vetoed = run_all(&all);
}

static void run_post(struct capture *c, const char *dir, struct worker *w)
{
	const struct hooks all = {
		.plan = c->plan,
		.when = PLAN_HOOK_POST,
		.dir = dir,
		.argument = c->board->dump_saved ? "0" : "1",
		.worker = w,
		.phase = PHASE_POST,
	};

	if (c->board->post_begun || c->board->vetoed || !hooks_time(all.plan, all.when))
		return;
	c->board->post_begun = true;
	setting_write("/proc/self/oom_score_adj", WORKER_OOM);
	(void)run_all(&all);
}

void hooks_post(struct worker *w)
{
	if (!chain_has_next(w->c))
		run_post(w->c, w->target ? w->target->dir : "", w);
}

void hooks_post_after(struct capture *c, const char *dir)
{
	if (!chain_has_next(c) && !c->retry)
		run_post(c, dir, NULL);
}

int hooks_last(struct capture *c)
{
	const struct hooks all = { .plan = c->plan, .when = PLAN_HOOK_EMERGENCY, .dir = "" };

	if (!c->resort)
		run_post(c, "", NULL);
	if (c->emergency && !c->board->emergency_begun) {
		c->board->emergency_begun = true;
		(void)run_all(&all);
	}
	return 0;
}

usec_t hooks_time(const struct plan *p, enum plan_hook_when when)
{
	usec_t time = 0;

	for (size_t i = 0; i < p->hooks_count; i++)
		if (p->hooks[i].when == when)
			time += p->hook_timeout * USEC_PER_SEC + DEATH_WAIT;
	return time;
}
