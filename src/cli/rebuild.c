/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/arm_output.h"

struct options {
	const char *append;
};

static const struct option_row rows[] = { ARM_APPEND_ROW(struct options, append) };

static const struct command_line usage = {
	.command = &command_rebuild,
	.rows = rows,
	.count = ARRAY_SIZE(rows),
	.json = "as JSON",
};

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_armed_ struct armed a = { 0 };
	struct error e = { 0 };
	struct options o = { 0 };
	int status = command_line_read(&usage, argc, argv, &o);

	if (status >= 0)
		return status;
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	if (arm_rebuild(&root, o.append, &a, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return arm_show(cli, &a, "rebuilt");
}

const struct command command_rebuild = {
	.name = "rebuild",
	.arguments = "[--append STRING]",
	.summary = "make the capture image, load nothing",
	.run = run,
};
