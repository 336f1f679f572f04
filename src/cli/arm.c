/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/arm_output.h"

/* For a service that runs before most others: an image that is no longer right is no failure, it is left to a later 'arm'. */
static int run_early(const struct cli *cli)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_armed_ struct armed a = { 0 };
	struct error e = { 0 };
	int status = arm_open_root(cli, &root);

	if (status)
		return status;
	switch (arm_early(&root, &a, &e)) {
	case 0:
		return arm_show(cli, &a, "armed early");
	case -ESTALE:
		printf("not armed early: %s\n", error_text(&e));
		return EXIT_SUCCESS;
	default:
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
}

struct options {
	const char *append;
	bool early;
};

static const struct option_row rows[] = {
	ARM_APPEND_ROW(struct options, append),
	FLAG_ROW(struct options, early, 0, "early",
		 "load what was made before, early in the start; no failure where it is out of "
		 "date"),
};

static const struct command_line usage = {
	.command = &command_arm,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.json = "as JSON",
};

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_armed_ struct armed a = { 0 };
	struct options o = { 0 };
	struct error e = { 0 };
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	if (o.early && o.append)
		return usage_error(&command_arm, "--early makes no image: no --append");
	if (o.early)
		return run_early(cli);
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	if (arm_arm(&root, o.append, &a, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return arm_show(cli, &a, "armed");
}

const struct command command_arm = {
	.name = "arm",
	.arguments = "[--append STRING | --early]",
	.summary = "make the capture image and load it for the next crash",
	.run = run,
};
