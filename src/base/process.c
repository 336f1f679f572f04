/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/io.h"

extern char **environ;

#define OUTPUT_MAX MIB(4)

struct pipes {
	int fds[6]; /* in, out, err: read end, write end */
};

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int open_pipes(struct pipes *p)
{
	memset(p->fds, -1, sizeof(p->fds));
	for (size_t i = 0; i < ARRAY_SIZE(p->fds); i += 2)
		if (pipe2(p->fds + i, O_CLOEXEC) < 0) {
			int err = -errno;

			for (size_t j = 0; j < i; j++)
				close(p->fds[j]);
			return err;
		}
	return 0;
}

__attribute__((noreturn)) static void run(const char *const argv[], char *const environment[],
					  const struct pipes *p)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(p->fds[0], 0) >= 0 && dup2(p->fds[3], 1) >= 0 && dup2(p->fds[5], 2) >= 0)
		execve(argv[0], (char *const *)argv, environment ?: environ);
	_exit(127);
}

int process_start(const char *const argv[], char *const environment[], struct process *ret,
		  struct error *e)
{
	struct pipes p;
	int r = open_pipes(&p);
	pid_t pid;

	if (r < 0)
		return error_errno(e, r, "%s", argv[0]);
	pid = fork();
	if (pid == 0)
		run(argv, environment, &p);
	r = pid < 0 ? -errno : 0;
	close(p.fds[0]);
	close(p.fds[3]);
	close(p.fds[5]);
	*ret = (struct process){ .pid = pid, .in = p.fds[1], .out = p.fds[2], .err = p.fds[4] };
	if (r == 0)
		return 0;
	close_fd(&ret->in);
	close_fd(&ret->out);
	close_fd(&ret->err);
	return error_errno(e, r, "%s", argv[0]);
}

/* Takes what is there; closes at the end. What is too much is thrown away. */
static void take(int *fd, struct buf *to)
{
	char bytes[4096];
	ssize_t n = read(*fd, bytes, sizeof(bytes));

	if (n == 0 || (n < 0 && errno != EINTR))
		close_fd(fd);
	else if (n > 0 && to)
		(void)!buf_append(to, bytes, (size_t)n);
}

static int listen_until(struct process *p, usec_t deadline, struct buf *out, struct buf *err)
{
	while (p->out >= 0 || p->err >= 0) {
		struct pollfd fds[] = { { .fd = p->out, .events = POLLIN },
					{ .fd = p->err, .events = POLLIN } };
		int n = poll_until(fds, ARRAY_SIZE(fds), deadline);

		if (n < 0)
			return n;
		if (fds[0].revents)
			take(&p->out, out);
		if (fds[1].revents)
			take(&p->err, err);
	}
	return 0;
}

/* Programs say most at the end: ssh warns of a changed key in a frame of @ first. Cuts the text there. */
static const char *last_line(struct buf *text)
{
	while (text->len > 0 && strchr("\r\n ", text->data[text->len - 1]))
		text->data[--text->len] = '\0';
	for (size_t i = text->len; i > 0; i--)
		if (text->data[i - 1] == '\n')
			return text->data + i;
	return text->data ?: "";
}

int process_finish(struct process *p, usec_t deadline, struct buf *out, struct error *e)
{
	_cleanup_buf_ struct buf err = { .limit = OUTPUT_MAX };
	int status = 0, r;

	close_fd(&p->in);
	r = listen_until(p, deadline, out, &err);
	if (r < 0)
		kill(p->pid, SIGKILL);
	close_fd(&p->out);
	close_fd(&p->err);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return error_errno(e, r, "it did not end");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (*last_line(&err))
		return error_set(e, -EIO, "%s", last_line(&err));
	return error_set(e, -EIO, "it failed with status %d",
			 WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

int process_run(const char *const argv[], char *const environment[], usec_t deadline,
		struct buf *out, struct error *e)
{
	struct process p;
	int r = process_start(argv, environment, &p, e);

	return r < 0 ? r : process_finish(&p, deadline, out, e);
}
