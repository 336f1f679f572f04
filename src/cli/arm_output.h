/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What arm, rebuild and reload have in common: their options and what they print. */
#include "arm/arm.h"
#include "cli/command.h"

extern const struct command command_arm, command_disarm, command_rebuild, command_reload,
	command_status;

/* The root made absolute: it is compared with resolved paths. 0 or an exit status, said. */
int arm_open_root(const struct cli *cli, struct root *ret);

/* Parses --append and --help for a command without arguments. -1 to go on, else the exit status. */
int arm_options(const struct command *c, int argc, char **argv, const char **ret_append);

/* Notes of the configuration on standard error, the result on standard output. done: "armed",
 * "rebuilt". */
int arm_show(const struct cli *cli, const struct armed *a, const char *done);
