/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "notify/notify.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "arm/image/compose.h"
#include "base/json.h"
#include "cli/arm_output.h"
#include "cli/command_line.h"

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_notify = {
	.name = "notify",
	.arguments = "[--dry-run] [--all]",
	.summary = "tell about new dumps, once: journal, mail, webhook",
	.run = run,
};

static const struct option_row rows[] = {
	FLAG_ROW(struct notify_options, dry_run, 'n', "dry-run",
		 "say what would be told to whom, and do nothing"),
	FLAG_ROW(struct notify_options, all, 0, "all", "also what was told before"),
};

static const struct command_line usage = {
	.command = &command_notify,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.about = "Looks for dumps where kdump.conf puts them and tells about each new one once, as "
		 "its lastword_notify lines say; to the journal where there is none. "
		 "lastword-notify.service does it after each start.",
	.json = "what was done, as JSON",
};

struct output {
	struct json *json; /* NULL: text */
};

/* An address of the web may hold a secret; which line of the configuration it is will do. */
static const char *to_text(const struct config_notify *n)
{
	return n->kind == CONFIG_NOTIFY_MAIL ? n->to : "";
}

static void print_text(const struct notify_dump *d, const struct config_notify *n,
		       enum notify_outcome outcome, const char *why)
{
	const char *to = to_text(n);
	char path[1000];

	notify_clean(d->path, path, sizeof(path));
	if (outcome == NOTIFY_FAILED)
		say_error("%s: %s%s%s: %s", path, config_notify_name(n->kind), *to ? " " : "", to,
			  why);
	else
		printf("%s: %s: %s%s%s\n", path, notify_outcome_name(outcome),
		       config_notify_name(n->kind), *to ? " " : "", to);
}

static void print_json(struct json *j, const struct notify_dump *d, const struct config_notify *n,
		       enum notify_outcome outcome, const char *why)
{
	char path[1000];

	notify_clean(d->path, path, sizeof(path));
	json_object(j);
	json_put_string(j, "dump", path);
	json_put_text(j, "title", d->title);
	json_put_text(j, "kernel", d->release);
	json_put_int(j, "crash_time", d->time);
	json_put_string(j, "state", notify_state_name(d->state));
	json_put_bool(j, "encrypted", d->encrypted);
	json_put_string(j, "by", config_notify_name(n->kind));
	json_put_string(j, "outcome", notify_outcome_name(outcome));
	json_put_text(j, "why", why);
	json_object_end(j);
}

static void print_done(void *user, const struct notify_dump *d, const struct config_notify *n,
		       enum notify_outcome outcome, const char *why)
{
	struct output *out = user;

	if (out->json)
		print_json(out->json, d, n, outcome, why);
	else
		print_text(d, n, outcome, why);
}

static void show_notes(const char *notes, struct json *j)
{
	while (*notes) {
		size_t len = strcspn(notes, "\n");
		_cleanup_free_ char *line = strndup(notes, len);

		if (j)
			json_string(j, line);
		else
			say_error("note: %s", line);
		notes += len + (notes[len] == '\n');
	}
}

static void json_notes(struct json *j, const struct buf *notes)
{
	json_array_end(j);
	json_put_array(j, "notes");
	show_notes(notes->data ?: "", j);
	json_array_end(j);
}

static int notify(const struct cli *cli, struct notify_options *o, struct error *e)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_config_ struct config c = { 0 };
	_cleanup_buf_ struct buf notes = { 0 }, text = { 0 };
	struct json j;
	struct output out = { .json = cli->json ? &j : NULL };
	size_t failed = 0;
	bool missing;
	int r;

	if (arm_open_root(cli, &root) != EXIT_SUCCESS)
		return -ENOENT;
	r = compose_config(&root, &c, &missing, e);
	json_document(&j, &text, "lastword.notify-run/1");
	json_put_array(&j, "messages");
	o->done = print_done;
	o->user = &out;
	if (r == 0)
		r = notify_run(&root, &c, o, &notes, &failed, e);
	if (r < 0)
		return r;
	if (!cli->json) {
		show_notes(notes.data ?: "", NULL);
		return failed ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	json_notes(&j, &notes);
	return say_json(&j, stdout, failed ? EXIT_FAILURE : EXIT_SUCCESS);
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct notify_options o = { .now = time(NULL) };
	struct error e = { 0 };
	int r = command_line_read(&usage, argc, argv, &o);

	if (r >= 0)
		return r;
	/* a program that does not read what it is told */
	signal(SIGPIPE, SIG_IGN);
	r = notify(cli, &o, &e);
	if (r < 0 && e.code)
		say_error("%s", error_text(&e));
	return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
