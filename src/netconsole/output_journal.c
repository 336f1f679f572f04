/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd's journal in its own protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): a datagram a record, lines FIELD=VALUE,
 * or FIELD, the value's length and the value where that holds a newline.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/bytes.h"
#include "base/io.h"
#include "netconsole/output.h"
#include "netconsole/queue.h"
#include "netconsole/text.h"

#define SOCKET_PATH "/run/systemd/journal/socket"
#define CRASH_ID "b5f1c1d0a9c44e0b8d5c7a4a0a6b1e52" /* docs/netconsole.md has it */
#define TRY_AGAIN USEC_PER_SEC

struct journal {
	struct output_stats *stats;
	int fd;
	struct sockaddr_un address;
	struct queue queue;
	struct buf fields;
	usec_t deadline; /* when to try again; UINT64_MAX: nothing waits for time */
};

static int open_journal(const char *argument, struct output_stats *stats, void **ret,
			struct error *e)
{
	_cleanup_free_ struct journal *j = calloc(1, sizeof(*j));
	_cleanup_free_ char *path = NULL;
	int r;

	if (!j)
		return error_errno(e, -ENOMEM, "%s", argument);
	r = output_split(argument, &path, NULL, 0, e);
	if (r < 0)
		return r;
	j->address.sun_family = AF_UNIX;
	if ((size_t)snprintf(j->address.sun_path, sizeof(j->address.sun_path), "%s",
			     *path ? path : SOCKET_PATH) >= sizeof(j->address.sun_path))
		return error_errno(e, -ENAMETOOLONG, "%s", path);
	if (access(j->address.sun_path, F_OK) < 0)
		return error_errno(e, -errno, "%s", j->address.sun_path);
	j->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (j->fd < 0)
		return error_errno(e, -errno, "socket");
	j->stats = stats;
	j->deadline = UINT64_MAX;
	*ret = TAKE_PTR(j);
	return 0;
}

static int put_bytes(struct buf *out, const char *field, const char *value, size_t len)
{
	char length[8];
	bool plain = !memchr(value, '\n', len);
	int r = buf_printf(out, "%s%c", field, plain ? '=' : '\n');

	le64_put(length, len);
	if (r == 0 && !plain)
		r = buf_append(out, length, sizeof(length));
	if (r == 0)
		r = buf_append(out, value, len);
	return r == 0 ? buf_append(out, "\n", 1) : r;
}

static int put_text(struct buf *out, const char *field, const char *value)
{
	return value && *value ? put_bytes(out, field, value, strlen(value)) : 0;
}

/* "web1: eth0: link up" */
static int put_message(struct buf *out, const struct record *r)
{
	_cleanup_buf_ struct buf message = { 0 };
	int err = buf_printf(&message, "%s: ", r->host ?: r->address);

	if (err < 0)
		return err;
	err = r->kind == RECORD_TEXT ? buf_append(&message, r->text, r->len)
				     : text_put_event(&message, r);
	return err < 0 ? err : put_bytes(out, "MESSAGE", message.data, message.len);
}

static int put_crash(struct buf *out, const struct record_crash *c)
{
	const struct signature *s = &c->signature;
	const struct {
		const char *field, *value;
	} rows[] = {
		{ "MESSAGE_ID", CRASH_ID },	      { "NETCONSOLE_CRASH_TITLE", s->title },
		{ "NETCONSOLE_CRASH_KIND", s->kind }, { "NETCONSOLE_CRASH_SIGNATURE", s->hash },
		{ "NETCONSOLE_CRASH_TEXT", c->text },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows) && r == 0; i++)
		r = put_text(out, rows[i].field, rows[i].value);
	return r;
}

static int put_fields(struct buf *out, const struct record *r)
{
	/* what a receiver tells of itself is a warning at most; a crash is critical */
	unsigned level = r->kind == RECORD_CRASH ? 2 : r->kind != RECORD_TEXT ? 4 : 6;
	const struct {
		const char *field, *value;
	} rows[] = {
		{ "SYSLOG_IDENTIFIER", "netconsole" },
		{ "NETCONSOLE_KIND", record_kind_names[r->kind] },
		{ "NETCONSOLE_ADDRESS", r->address },
		{ "NETCONSOLE_HOST", r->host },
		{ "NETCONSOLE_BOOT", r->boot },
		{ "NETCONSOLE_RELEASE", r->release },
		{ "NETCONSOLE_CALLER", r->caller },
	};
	int err = put_message(out, r);

	if (r->extended)
		level = r->priority & 7;
	for (size_t i = 0; i < ARRAY_SIZE(rows) && err == 0; i++)
		err = put_text(out, rows[i].field, rows[i].value);
	if (err == 0)
		err = buf_printf(out, "PRIORITY=%u\n", level);
	if (err == 0 && r->extended)
		err = buf_printf(
			out, "SYSLOG_FACILITY=%u\nNETCONSOLE_SEQ=%llu\nNETCONSOLE_TIME_US=%llu\n",
			r->priority >> 3, (unsigned long long)r->seq,
			(unsigned long long)r->time_us);
	return err == 0 && r->crash ? put_crash(out, r->crash) : err;
}

static ssize_t send_one(void *user, const char *bytes, size_t len)
{
	struct journal *j = user;

	return sendto(j->fd, bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&j->address,
		      sizeof(j->address));
}

static void flush(struct journal *j, usec_t now)
{
	int r;

	/* one that is too large, or no journal for a moment */
	while ((r = queue_flush(&j->queue, send_one, j)) == -EMSGSIZE) {
		j->stats->dropped++;
		output_failed(j->stats, r, j->address.sun_path);
		queue_pop(&j->queue);
	}
	if (r < 0)
		output_failed(j->stats, r, j->address.sun_path);
	j->deadline = r < 0 ? now + TRY_AGAIN : UINT64_MAX;
	j->stats->waiting = queue_waiting(&j->queue);
}

static void put(void *user, const struct record *r, usec_t now)
{
	struct journal *j = user;

	(void)now;
	j->stats->records++;
	j->fields.len = 0;
	if (put_fields(&j->fields, r) < 0 || !queue_put(&j->queue, j->fields.data, j->fields.len))
		j->stats->dropped++;
}

static void run(void *user, usec_t now)
{
	struct journal *j = user;

	if (queue_waiting(&j->queue) && (j->deadline == UINT64_MAX || j->deadline <= now))
		flush(j, now);
}

static usec_t deadline(const void *user)
{
	const struct journal *j = user;

	return j->deadline;
}

static int wait_for(const void *user, uint32_t *ret_events)
{
	const struct journal *j = user;

	*ret_events = POLLOUT;
	return queue_waiting(&j->queue) && j->deadline == UINT64_MAX ? j->fd : -1;
}

static void close_journal(void *user, usec_t until)
{
	struct journal *j = user;
	struct pollfd p = { .fd = j->fd, .events = POLLOUT };

	do
		flush(j, 0);
	while (queue_waiting(&j->queue) && j->deadline == UINT64_MAX &&
	       poll_until(&p, 1, until) > 0);
	queue_done(&j->queue);
	buf_done(&j->fields);
	close(j->fd);
	free(j);
}

const struct output_ops output_journal = {
	.name = "journal",
	.argument = "[SOCKET]",
	.summary = "systemd's journal, with fields NETCONSOLE_…",
	.open = open_journal,
	.put = put,
	.run = run,
	.deadline = deadline,
	.wait = wait_for,
	.close = close_journal,
};
