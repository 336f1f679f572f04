/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/parse.h"
#include "cli/command_line.h"
#include "cli/netconsole.h"
#include "netconsole/story_files.h"
#include "netconsole/text.h"

#define SCHEMA "lastword.netconsole-story/1"
#define SINCE_MAX (UINT64_C(100) * 366 * 86400)

static int run(const struct cli *cli, int argc, char **argv);

const struct command command_netconsole_story = {
	.name = "netconsole story",
	.arguments = "[--dir DIR] [--since TIME] HOST",
	.summary = "what happened to a machine, as a receiver here heard it",
	.run = run,
};

struct options {
	const char *dir;
	uint64_t since_us;
};

static int take_since(void *us, const char *word, struct error *e)
{
	uint64_t *ret_us = us, seconds, now = (uint64_t)time(NULL);

	if (story_time_parse(word, strlen(word), ret_us))
		return 0;
	if (parse_seconds(word, SINCE_MAX, &seconds) < 0)
		return error_set(e, -EINVAL, "--since: '%s' is no time", word);
	*ret_us = (now - MIN(seconds, now)) * USEC_PER_SEC;
	return 0;
}

static const struct option_row rows[] = {
	WORD_ROW(struct options, dir, 0, "dir", "DIR",
		 "the receiver's files (" NETCONSOLE_FILES ")"),
	TAKE_ROW(struct options, since_us, take_since, 0, "since", "TIME",
		 "from then on: 90m, 12h, 7d ago, or 2026-11-21[T14:30:00] (UTC)"),
};

static const struct command_line usage = {
	.command = &command_netconsole_story,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.least = 1,
	.most = 1,
	.operands = "one host",
	.about =
		"What happened to a machine, as the receiver on this one heard it: boots, crashes, "
		"what became of the dumps. HOST is its address, or a name.",
	.json = "as JSON",
};

/* ---- for people ---- */

/* "2 min 5 s" */
static void print_span(uint64_t us, const char *after)
{
	uint64_t s = (us + USEC_PER_SEC / 2) / USEC_PER_SEC;

	if (s >= 86400)
		printf("; %llu d %llu h %s", (unsigned long long)(s / 86400),
		       (unsigned long long)(s % 86400 / 3600), after);
	else if (s >= 3600)
		printf("; %llu h %llu min %s", (unsigned long long)(s / 3600),
		       (unsigned long long)(s % 3600 / 60), after);
	else if (s >= 60)
		printf("; %llu min %llu s %s", (unsigned long long)(s / 60),
		       (unsigned long long)(s % 60), after);
	else
		printf("; %llu s %s", (unsigned long long)s, after);
}

static void print_entry(const struct story_entry *e)
{
	const char *what =
		e->kind == STORY_ENTRY_CRASH && e->panic ? "panic" : story_kind_names[e->kind];
	char time[TEXT_TIME_SIZE];

	text_time(e->time_us, time);
	printf("%.19sZ  %-8s %s", time, what, e->text);
	if (e->kind == STORY_ENTRY_SILENT)
		printf("%snothing more was heard of it", *e->text ? "; " : "");
	if (*e->hash)
		printf(" (%s)", e->hash);
	if (e->since_us && e->kind == STORY_ENTRY_BOOT)
		print_span(e->since_us, "after the crash");
	else if (e->since_us)
		print_span(e->since_us, "after it began");
	if (e->resent)
		printf("; %llu lines came by the capture kernel alone",
		       (unsigned long long)e->resent);
	if (e->lost)
		printf("; %llu messages were lost before", (unsigned long long)e->lost);
	putchar('\n');
}

static void print_story(const struct story_read *r)
{
	for (size_t i = 0; i < r->list.count; i++)
		print_entry(&r->list.entries[i]);
	if (r->list.count == 0)
		printf("%s: %llu lines, and neither crash nor boot among them\n", r->name,
		       (unsigned long long)r->lines);
}

/* ---- JSON ---- */

static void json_entry(struct json *j, const struct story_entry *e)
{
	char time[TEXT_TIME_SIZE];
	const struct {
		const char *name;
		uint64_t v;
	} numbers[] = {
		{ e->kind == STORY_ENTRY_BOOT ? "since_crash_us" : "since_start_us", e->since_us },
		{ "resent", e->resent },
		{ "lost", e->lost },
	};

	text_time(e->time_us, time);
	json_object(j);
	json_put_string(j, "time", time);
	json_put_string(j, "kind", story_kind_names[e->kind]);
	json_put_string(j, "text", e->text);
	if (e->kind == STORY_ENTRY_CRASH) {
		json_put_bool(j, "panic", e->panic);
		json_put_string(j, "signature", e->hash);
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (!numbers[i].v)
			continue;
		json_put_uint(j, numbers[i].name, numbers[i].v);
	}
	json_object_end(j);
}

static int show_json(const struct story_read *r, const char *host)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_document(&j, &out, SCHEMA);
	json_put_string(&j, "host", host);
	json_put_string(&j, "address", r->name);
	json_put_uint(&j, "files", r->files);
	json_put_uint(&j, "lines", r->lines);
	json_put_uint(&j, "forgotten", r->list.forgotten);
	json_put_array(&j, "entries");
	for (size_t i = 0; i < r->list.count; i++)
		json_entry(&j, &r->list.entries[i]);
	json_array_end(&j);
	return say_json(&j, stdout, EXIT_SUCCESS);
}

static int show(const struct cli *cli, const char *dir, const char *host, uint64_t since_us)
{
	struct story_read r = { 0 };
	struct error e = { 0 };
	int status = EXIT_SUCCESS;

	if (story_read(dir, host, since_us, &r, &e) < 0) {
		say_error("netconsole story: %s", error_text(&e));
		status = EXIT_FAILURE;
	} else if (cli->json) {
		status = show_json(&r, host);
	} else {
		print_story(&r);
	}
	story_read_done(&r);
	return status;
}

static int run(const struct cli *cli, int argc, char **argv)
{
	struct options o = { .dir = NETCONSOLE_FILES };
	int status = command_line_read(&usage, argc, argv, &o);

	return status >= 0 ? status : show(cli, o.dir, argv[optind], o.since_us);
}
