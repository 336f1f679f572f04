/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/crash_commands.h"

extern const struct inspect_command inspect_alias;
extern const struct inspect_command inspect_dis;
extern const struct inspect_command inspect_exit;
extern const struct inspect_command inspect_extend;
extern const struct inspect_command inspect_gdb;
extern const struct inspect_command inspect_repeat;

/* Sorted by name. */
const struct inspect_command *const crash_commands[] = {
	&inspect_alias, &inspect_dis,	 &inspect_exit, &inspect_extend,
	&inspect_gdb,	&inspect_repeat, NULL,
};
