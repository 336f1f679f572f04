/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "cli/arm_output.h"

static const struct command_line usage = { .command = &command_disarm };

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	struct error e = { 0 };
	bool was_loaded = false;
	int status = command_line_read(&usage, argc, argv, NULL);

	if (status >= 0)
		return status;
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	if (arm_disarm(&root, &was_loaded, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	puts(was_loaded ? "disarmed" : "nothing was armed");
	return EXIT_SUCCESS;
}

const struct command command_disarm = {
	.name = "disarm",
	.arguments = "",
	.summary = "unload the capture kernel",
	.run = run,
};
