/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/arm_output.h"

static const struct command_line usage = { .command = &command_reload, .json = "as JSON" };

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_armed_ struct armed a = { 0 };
	struct error e = { 0 };
	int status = command_line_read(&usage, argc, argv, NULL);

	if (status >= 0)
		return status;
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	if (arm_reload(&root, &a, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return arm_show(cli, &a, "armed");
}

const struct command command_reload = {
	.name = "reload",
	.arguments = "",
	.summary = "load the capture image as it was last made",
	.run = run,
};
