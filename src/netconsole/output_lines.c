/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All sources in one file or on standard output: text for people, JSON for programs. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "netconsole/json_line.h"
#include "netconsole/output.h"
#include "netconsole/text.h"

#define BATCH_MAX KIB(64)
#define BATCH_WAIT (50 * USEC_PER_MSEC)
#define WAITING_MAX MIB(4)

struct lines_output {
	struct output_stats *stats;
	bool json, regular, piped;
	int fd;
	char *path; /* NULL: standard output */
	struct buf waiting;
	usec_t deadline; /* of the first that waits */
};

static int open_descriptor(struct lines_output *o)
{
	const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	int fd = o->path ? open(o->path, flags, 0640) : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (o->fd >= 0)
		close(o->fd);
	o->fd = fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	o->regular = S_ISREG(st.st_mode);
	o->piped = !o->path && S_ISFIFO(st.st_mode);
	return 0;
}

static int open_lines(const char *argument, bool json, struct output_stats *stats, void **ret,
		      struct error *e)
{
	_cleanup_free_ struct lines_output *o = calloc(1, sizeof(*o));
	_cleanup_free_ char *path = NULL;
	int r;

	if (!o)
		return error_errno(e, -ENOMEM, "%s", argument);
	r = output_split(argument, &path, NULL, 0, e);
	if (r < 0)
		return r;
	o->fd = -1;
	o->path = *path && strcmp(path, "-") != 0 ? path : NULL;
	r = open_descriptor(o);
	if (r < 0)
		return error_errno(e, r, "%s", path);
	if (o->path)
		o->path = TAKE_PTR(path);
	o->stats = stats;
	o->json = json;
	o->deadline = UINT64_MAX;
	o->waiting.limit = WAITING_MAX;
	*ret = TAKE_PTR(o);
	return 0;
}

static int open_text(const char *argument, struct output_stats *stats, void **ret, struct error *e)
{
	return open_lines(argument, false, stats, ret, e);
}

static int open_json(const char *argument, struct output_stats *stats, void **ret, struct error *e)
{
	return open_lines(argument, true, stats, ret, e);
}

/* A pipe or terminal that is ready takes this much without blocking. */
static size_t writable(const struct lines_output *o)
{
	struct pollfd p = { .fd = o->fd, .events = POLLOUT };

	if (o->regular)
		return o->waiting.len;
	return poll(&p, 1, 0) == 1 && p.revents & (POLLOUT | POLLERR | POLLHUP)
		       ? MIN(o->waiting.len, (size_t)PIPE_BUF)
		       : 0;
}

/* Who does not take it in time finds it waiting until there is no more room. */
static void write_waiting(struct lines_output *o, usec_t now)
{
	size_t done = 0, len;

	while (done < o->waiting.len && (len = MIN(writable(o), o->waiting.len - done)) > 0) {
		ssize_t n = write(o->fd, o->waiting.data + done, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) {
			output_failed(o->stats, -errno, o->path ?: "standard output");
			if (o->regular)
				done = output_cut_half_line(o->fd, o->waiting.data, done);
			o->stats->dropped +=
				output_count_lines(o->waiting.data + done, o->waiting.len - done);
			done = o->waiting.len;
		}
		if (n < 0)
			break;
		done += (size_t)n;
	}
	if (done)
		memmove(o->waiting.data, o->waiting.data + done, o->waiting.len - done);
	o->waiting.len -= done;
	o->stats->waiting = o->waiting.len;
	o->deadline = o->waiting.len ? now + BATCH_WAIT : UINT64_MAX;
}

static void put(void *user, const struct record *r, usec_t now)
{
	struct lines_output *o = user;
	size_t len = o->waiting.len;
	int err = o->json ? json_line_put(&o->waiting, r) : text_put(&o->waiting, r, true);

	o->stats->records++;
	if (err < 0) {
		o->waiting.len = len;
		o->stats->dropped++;
	}
	o->stats->waiting = o->waiting.len;
	if (o->deadline == UINT64_MAX)
		o->deadline = now + BATCH_WAIT;
	if (o->waiting.len >= BATCH_MAX || r->kind == RECORD_CRASH)
		write_waiting(o, now);
}

/* Is there a reader whose going ends the output? */
static bool watched(const struct lines_output *o)
{
	return o->piped && !o->stats->over;
}

/* A pipe whose reader goes becomes ready without being asked for anything. */
static int wait_for_end(const void *user, uint32_t *ret_events)
{
	const struct lines_output *o = user;

	*ret_events = 0;
	return watched(o) ? o->fd : -1;
}

static void run(void *user, usec_t now)
{
	struct lines_output *o = user;
	struct pollfd p = { .fd = o->fd };

	if (watched(o) && poll(&p, 1, 0) == 1 && p.revents & POLLERR)
		o->stats->over = true;
	if (o->deadline <= now)
		write_waiting(o, now);
}

static usec_t deadline(const void *user)
{
	const struct lines_output *o = user;

	return o->deadline;
}

static void reopen_lines(void *user, usec_t now)
{
	struct lines_output *o = user;
	int r;

	write_waiting(o, now);
	r = o->path ? open_descriptor(o) : 0;
	if (r < 0)
		output_failed(o->stats, r, o->path);
}

static void close_lines(void *user, usec_t until)
{
	struct lines_output *o = user;

	for (;;) {
		struct pollfd p = { .fd = o->fd, .events = POLLOUT };

		write_waiting(o, 0);
		if (!o->waiting.len || poll_until(&p, 1, until) <= 0)
			break;
	}
	o->stats->dropped += o->waiting.len > 0;
	buf_done(&o->waiting);
	close(o->fd);
	free(o->path);
	free(o);
}

const struct output_ops output_text = {
	.name = "text",
	.argument = "[PATH]",
	.summary = "lines of all hosts, with their addresses; standard output without PATH",
	.open = open_text,
	.put = put,
	.run = run,
	.deadline = deadline,
	.wait = wait_for_end,
	.reopen = reopen_lines,
	.close = close_lines,
};

const struct output_ops output_json = {
	.name = "json",
	.argument = "[PATH]",
	.summary = "a JSON object a line",
	.open = open_json,
	.put = put,
	.run = run,
	.deadline = deadline,
	.wait = wait_for_end,
	.reopen = reopen_lines,
	.close = close_lines,
};
