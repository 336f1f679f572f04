/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/crash_commands.h"

extern const struct inspect_command inspect_dis;

/* Sorted by name. */
const struct inspect_command *const crash_commands[] = {
	&inspect_dis,
	NULL,
};
