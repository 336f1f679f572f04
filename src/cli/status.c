/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/status.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "cli/arm_output.h"

static const int exit_codes[] = {
	[STATUS_ARMED] = EXIT_SUCCESS,
	[STATUS_NOT_ARMED] = 3,
	[STATUS_STALE] = 4,
};

static int show_json(const struct status *s)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json j;

	json_begin(&j, &out);
	json_object(&j);
	json_name(&j, "schema");
	json_string(&j, "lastword.status/1");
	json_name(&j, "state");
	json_string(&j, status_name(s->state));
	json_name(&j, "why");
	json_string(&j, s->why);
	json_name(&j, "release");
	json_string(&j, s->record.release);
	json_name(&j, "target");
	json_string(&j, s->record.target);
	json_object_end(&j);
	if (json_end(&j) < 0) {
		say_error("out of memory");
		return EXIT_FAILURE;
	}
	fputs(out.data, stdout);
	return exit_codes[s->state];
}

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_status_ struct status s = { 0 };
	int status = arm_options(&command_status, argc, argv, NULL);

	if (status >= 0)
		return status;
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	status_read(&root, &s);
	if (cli->json)
		return show_json(&s);
	printf("%s: %s\n", status_name(s.state), s.why);
	return exit_codes[s.state];
}

const struct command command_status = {
	.name = "status",
	.arguments = "",
	.summary = "would a crash be captured? exit 0 armed, 3 not armed, 4 stale",
	.run = run,
};
