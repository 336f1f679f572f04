/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where this kernel sends to, as it shows it; and what a receiver of this machine answers over its socket. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/io.h"
#include "base/parse.h"
#include "base/table.h"
#include "cli/command_line.h"
#include "cli/netconsole.h"
#include "netconsole/probe.h"
#include "netconsole/sender_configfs.h"

#define ANSWER_MAX MIB(4)
#define ANSWER_TIME (5 * USEC_PER_SEC)

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_netconsole_status = {
	.name = "netconsole status",
	.arguments = "[--probe] [--control PATH]",
	.summary = "where this kernel sends to; what a receiver here hears",
	.run = run,
};

struct options {
	const char *control;
	bool probe;
};

static const struct option_row rows[] = {
	FLAG_ROW(struct options, probe, 0, "probe",
		 "send a test message, and wait for the answer of each target of ours"),
	WORD_ROW(struct options, control, 0, "control", "PATH",
		 "the receiver's socket (" NETCONSOLE_CONTROL ")"),
};

static const struct command_line usage = {
	.command = &command_netconsole_status,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.about = "Where this kernel sends its messages to, and what a receiver on this machine "
		 "counted and heard.",
	.json = "as JSON",
};

/* ---- what is sent ---- */

static const struct column columns[] = {
	{ "name", "TARGET", COLUMN_TEXT, -12 },
	{ "enabled", "ENABLED", COLUMN_BOOL, -8 },
	{ "device", "DEVICE", COLUMN_TEXT, -10 },
	{ "remote_ip", "RECEIVER", COLUMN_TEXT, -24 },
	{ "remote_port", "PORT", COLUMN_TEXT, -6 },
	{ "remote_mac", "MAC", COLUMN_TEXT, -18 },
	{ "extended", "EXTENDED", COLUMN_TEXT, -9 },
	{ "transmit_errors", "ERRORS", COLUMN_TEXT, -8 },
	{ "probe", "TEST", COLUMN_TEXT, 0 },
	{ "ours", NULL, COLUMN_BOOL, 0 },
};

struct listing {
	struct table table;
	struct json *json;
	bool probe, unanswered;
	size_t count;
};

/* As far as an answer takes it. */
static bool target_of(const struct sender_shown *s, struct sender_target *ret)
{
	struct address from = { 0 };
	uint64_t ours, theirs;

	*ret = (struct sender_target){ .path.index = (int)if_nametoindex(s->device) };
	if (parse_decimal(s->local_port, UINT16_MAX, &ours) < 0 ||
	    parse_decimal(s->remote_port, UINT16_MAX, &theirs) < 0 ||
	    address_parse(s->local_ip, 0, &from, NULL) < 0 ||
	    address_parse(s->remote_ip, (uint16_t)theirs, &ret->path.to, NULL) < 0)
		return false;
	ret->port = (uint16_t)ours;
	ret->path.from = from.ip;
	return true;
}

/* NULL: it was not tried. */
static const char *try_out(struct listing *l, const struct sender_shown *s)
{
	struct sender_target t;
	struct error e = { 0 };

	if (!l->probe || !s->ours)
		return NULL;
	if (s->enabled && target_of(s, &t) && probe_try(&t, &e) == 0)
		return "seen";
	l->unanswered = true;
	say_error("netconsole status: %s: %s", s->name, e.code ? error_text(&e) : "not enabled");
	return "no answer";
}

static int list(void *user, const struct sender_shown *s)
{
	struct listing *l = user;
	char errors[24] = "-";

	if (s->has_errors)
		snprintf(errors, sizeof(errors), "%llu", (unsigned long long)s->errors);
	if (l->count++ == 0)
		table_begin(&l->table, columns, ARRAY_SIZE(columns), stdout, l->json);

	const union cell cells[] = {
		{ .text = s->name },	  { .yes = s->enabled },      { .text = s->device },
		{ .text = s->remote_ip }, { .text = s->remote_port }, { .text = s->remote_mac },
		{ .text = s->extended },  { .text = errors },	      { .text = try_out(l, s) },
		{ .yes = s->ours },
	};

	table_row(&l->table, cells);
	return 0;
}

/* ---- what is received ---- */

static int read_answer(int fd, struct buf *out)
{
	usec_t deadline = clock_now() + ANSWER_TIME;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char bytes[4096];
	ssize_t n;
	int r;

	do {
		r = poll_until(&p, 1, deadline);
		if (r < 0)
			return r;
		n = recv(fd, bytes, sizeof(bytes), 0);
		if (n < 0)
			return -errno;
		r = buf_append(out, bytes, (size_t)n);
	} while (n > 0 && r == 0);
	return r;
}

/* The page, behind its head; NULL with words. */
static const char *ask(const char *path, const char *page, struct buf *out, struct error *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char request[100];
	const char *body;
	int r;

	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
	    sizeof(address.sun_path)) {
		error_errno(e, -ENAMETOOLONG, "%s", path);
		return NULL;
	}
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		error_errno(e, -errno, "%s: no receiver answers there", path);
		return NULL;
	}
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", page);
	r = write_all(fd, request, strlen(request));
	if (r == 0)
		r = read_answer(fd, out);
	body = r == 0 ? strstr(out->data, "\r\n\r\n") : NULL;
	if (!body || strncmp(out->data, "HTTP/1.1 200", 12) != 0) {
		error_set(e, -EBADMSG, "%s gave no answer", path);
		return NULL;
	}
	return body + 4;
}

/* ---- both ---- */

static int print_json(const struct root *root, bool probe, const char *receiver)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;
	struct listing l = { .json = &j, .probe = probe };
	int r;

	json_begin(&j, &out);
	json_array(&j);
	r = sender_each(root, list, &l);
	json_array_end(&j);
	if (r < 0 || json_end(&j) < 0)
		return EXIT_FAILURE;
	printf("{\n\"schema\": \"lastword.netconsole-state/1\",\n\"targets\": %s,\n\"receiver\": "
	       "%s\n}\n",
	       out.data, receiver ?: "null");
	return l.unanswered ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int print_text(const struct root *root, bool probe, const char *receiver, const char *why)
{
	struct listing l = { .probe = probe };
	int r = sender_each(root, list, &l);

	if (r < 0)
		say_error("netconsole status: " SENDER_CONFIGFS ": %s", strerror(-r));
	else if (l.count == 0)
		puts("this kernel sends to nobody");
	l.unanswered |= probe && l.count == 0;
	if (receiver)
		printf("\n%s", receiver);
	else if (why)
		say_error("netconsole status: %s", why);
	return r < 0 || why || l.unanswered ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_buf_ struct buf answer = { .limit = ANSWER_MAX };
	_cleanup_root_ struct root root = { .fd = -1 };
	const char *receiver = NULL;
	struct options o = { 0 };
	struct error e = { 0 };
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	if (root_open(cli->root, &root) < 0) {
		say_error("%s is no directory", cli->root);
		return EXIT_FAILURE;
	}
	/* without a word about it, a receiver that is not there is no fault */
	if (o.control || access(NETCONSOLE_CONTROL, F_OK) == 0)
		receiver = ask(o.control ?: NETCONSOLE_CONTROL,
			       cli->json ? "/status" : "/status.txt", &answer, &e);
	if (cli->json && !e.code)
		return print_json(&root, o.probe, receiver);
	return print_text(&root, o.probe, receiver, e.code ? error_text(&e) : NULL);
}
