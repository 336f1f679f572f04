/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/status.h"

#include <stdio.h>
#include <stdlib.h>

#include "arm/image/files.h"
#include "arm/kexec/reserve.h"
#include "base/json.h"
#include "cli/arm_output.h"
#include "cli/command_line.h"

static const int exit_codes[] = {
	[STATUS_ARMED] = EXIT_SUCCESS,
	[STATUS_NOT_ARMED] = 3,
	[STATUS_STALE] = 4,
};

static int show_json(const struct status *s, const struct reservation *r)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_document(&j, &out, "lastword.status/1");
	json_put_string(&j, "state", status_name(s->state));
	json_put_string(&j, "why", s->why);
	json_put_bool(&j, "ours", s->ours);
	json_put_uint(&j, "reserved_bytes", r->total);
	json_put_string(&j, "release", s->record.release);
	json_put_string(&j, "target", s->record.target);
	json_put_string(&j, "kernel", s->record.kernel);
	json_put_string(&j, "command_line", s->record.cmdline);
	json_put_string(&j, "image_sha256", s->ours ? s->record.image.hex : NULL);
	if (s->plan)
		arm_json_limits(&j, s->plan);
	return say_json(&j, stdout, exit_codes[s->state]);
}

static void show_details(const struct status *s, const struct reservation *r)
{
	const struct record *rec = &s->record;

	printf("reserved      %llu MiB\n", (unsigned long long)(r->total >> 20));
	if (!s->ours)
		return;
	printf("kernel        %s\n", rec->kernel);
	printf("image         " ARM_IMAGE ", %llu KiB, SHA-256 %s\n",
	       (unsigned long long)(rec->image_size >> 10), rec->image.hex);
	printf("command line  %s\n", rec->cmdline);
	for (size_t i = 0; i < rec->hosts_count; i++)
		printf("server        %s is %s\n", rec->hosts[i].name, rec->hosts[i].address);
	for (size_t i = 0; i < rec->count; i++)
		printf("%s  %.12s  %s\n", i ? "            " : "made of     ",
		       rec->items[i].digest.hex, rec->items[i].name);
}

struct options {
	bool verbose;
};

static const struct option_row rows[] = {
	FLAG_ROW(struct options, verbose, 'v', "verbose",
		 "what is loaded, and the content it was made of"),
};

static const struct command_line usage = {
	.command = &command_status,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.json = "the same as JSON",
};

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_status_ struct status s = { 0 };
	struct reservation reservation = { 0 };
	struct options o = { 0 };
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	status_read(&root, &s);
	(void)!reservation_read(&root, &reservation, NULL);
	if (cli->json)
		return show_json(&s, &reservation);
	printf("%s: %s\n", status_name(s.state), s.why);
	if (o.verbose)
		show_details(&s, &reservation);
	return exit_codes[s.state];
}

const struct command command_status = {
	.name = "status",
	.arguments = "[-v]",
	.summary = "would a crash be captured? exit 0 armed, 3 not armed, 4 stale",
	.run = run,
};
