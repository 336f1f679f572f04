/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON lines on the standard input of a program that is kept running. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/io.h"
#include "netconsole/json_line.h"
#include "netconsole/output.h"
#include "netconsole/queue.h"

#define AGAIN_FIRST USEC_PER_SEC
#define AGAIN_MAX (60 * USEC_PER_SEC)
#define RAN_WELL (60 * USEC_PER_SEC) /* who ran so long is started again at once */

struct program {
	struct output_stats *stats;
	char *path;
	pid_t pid; /* 0: it does not run */
	int input;
	usec_t started, again, pause;
	struct queue queue;
	struct buf line;
};

__attribute__((noreturn)) static void become(const char *path, int input)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(input, STDIN_FILENO) >= 0)
		execl(path, path, NULL);
	_exit(127);
}

static void start(struct program *p, usec_t now)
{
	int ends[2];

	p->again = UINT64_MAX;
	p->started = now;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		output_failed(p->stats, -errno, "pipe");
		p->again = now + p->pause;
		return;
	}
	p->pid = fork();
	if (p->pid == 0)
		become(p->path, ends[0]);
	close(ends[0]);
	if (p->pid < 0) {
		output_failed(p->stats, -errno, "fork");
		close(ends[1]);
		p->pid = 0;
		p->again = now + p->pause;
		return;
	}
	/* ours alone: the program's end of the pipe stays as programs expect it */
	(void)fcntl(ends[1], F_SETFL, O_NONBLOCK);
	p->input = ends[1];
	queue_again(&p->queue);
}

static void hang_up(struct program *p)
{
	if (p->input >= 0)
		close(p->input);
	p->input = -1;
}

static int open_program(const char *argument, struct output_stats *stats, void **ret,
			struct error *e)
{
	struct program *p = calloc(1, sizeof(*p));
	struct output_option queue = { .key = "queue" };
	uint64_t limit = QUEUE_LIMIT;
	int r;

	if (!p)
		return error_errno(e, -ENOMEM, "%s", argument);
	p->input = -1;
	r = output_split(argument, &p->path, &queue, 1, e);
	if (r == 0)
		r = output_size(&queue, &limit, e);
	output_options_done(&queue, 1);
	if (r == 0 && *p->path != '/')
		r = error_set(e, -EINVAL, "'%s' is no absolute path", p->path);
	if (r == 0 && access(p->path, X_OK) < 0)
		r = error_errno(e, -errno, "%s", p->path);
	if (r < 0) {
		free(p->path);
		free(p);
		return r;
	}
	p->stats = stats;
	p->queue.limit = limit;
	p->pause = AGAIN_FIRST;
	start(p, clock_now());
	*ret = p;
	return 0;
}

static ssize_t write_input(void *user, const char *bytes, size_t len)
{
	struct program *p = user;

	return write(p->input, bytes, len);
}

static void flush(struct program *p)
{
	int r = p->input >= 0 ? queue_flush(&p->queue, write_input, p) : 0;

	/* it does not read any more; its end is told by a signal */
	if (r < 0)
		hang_up(p);
	p->stats->waiting = queue_waiting(&p->queue);
}

static void put(void *user, const struct record *r, usec_t now)
{
	struct program *p = user;

	(void)now;
	p->stats->records++;
	p->line.len = 0;
	if (json_line_put(&p->line, r) < 0 || !queue_put(&p->queue, p->line.data, p->line.len))
		p->stats->dropped++;
}

static void run(void *user, usec_t now)
{
	struct program *p = user;

	if (!p->pid && p->again <= now)
		start(p, now);
	if (queue_waiting(&p->queue))
		flush(p);
}

static void child(void *user, int pid, int status, usec_t now)
{
	struct program *p = user;

	if (pid != p->pid)
		return;
	p->pid = 0;
	hang_up(p);
	p->stats->errors++;
	snprintf(p->stats->last_error, sizeof(p->stats->last_error), "it ended with %s %d",
		 WIFEXITED(status) ? "status" : "signal",
		 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	p->pause =
		now - p->started >= RAN_WELL ? AGAIN_FIRST : MIN(p->pause * 2, (usec_t)AGAIN_MAX);
	p->again = now + p->pause;
}

static usec_t deadline(const void *user)
{
	const struct program *p = user;

	return p->pid ? UINT64_MAX : p->again;
}

static int wait_for(const void *user, uint32_t *ret_events)
{
	const struct program *p = user;

	*ret_events = POLLOUT;
	return queue_waiting(&p->queue) ? p->input : -1;
}

/* It reads to the end of its input, and ends by itself. */
static void close_program(void *user, usec_t until)
{
	struct program *p = user;

	flush(p);
	while (queue_waiting(&p->queue) && p->input >= 0) {
		struct pollfd f = { .fd = p->input, .events = POLLOUT };

		if (poll_until(&f, 1, until) <= 0)
			break;
		flush(p);
	}
	hang_up(p);
	queue_done(&p->queue);
	buf_done(&p->line);
	free(p->path);
	free(p);
}

const struct output_ops output_program = {
	.name = "program",
	.argument = "PATH[,queue=4M]",
	.summary = "JSON lines on a program's standard input; it is started again when it ends",
	.open = open_program,
	.put = put,
	.run = run,
	.deadline = deadline,
	.wait = wait_for,
	.child = child,
	.close = close_program,
};
