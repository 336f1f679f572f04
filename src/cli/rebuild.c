/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "cli/arm_output.h"

static int run(const struct cli *cli, int argc, char **argv)
{
	_cleanup_root_ struct root root = { .fd = -1 };
	_cleanup_armed_ struct armed a = { 0 };
	struct error e = { 0 };
	const char *append = NULL;
	int status = arm_begin(&command_rebuild, cli, argc, argv, &append, &root);

	if (status >= 0)
		return status;
	if (arm_rebuild(&root, append, &a, &e) < 0) {
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
