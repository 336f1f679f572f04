/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/arm_output.h"

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_armed_ struct armed a = { 0 };
	struct error e = { 0 };
	const char *append = NULL;
	int status = arm_options(&command_arm, argc, argv, &append);

	if (status >= 0)
		return status;
	status = arm_open_root(cli, &root);
	if (status)
		return status;
	if (arm_arm(&root, append, &a, &e) < 0) {
		say_error("%s", error_text(&e));
		return EXIT_FAILURE;
	}
	return arm_show(cli, &a, "armed");
}

const struct command command_arm = {
	.name = "arm",
	.arguments = "[--append STRING]",
	.summary = "make the capture image and load it for the next crash",
	.run = run,
};
