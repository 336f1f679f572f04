/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What arm, rebuild and reload have in common: options and what they print. */
#include "arm/arm.h"
#include "base/json.h"
#include "cli/command.h"

extern const struct command command_arm, command_disarm, command_rebuild, command_reload,
	command_status;

#define ARM_APPEND_HELP "more words for the capture kernel's command line"

/* The root made absolute: it is compared with resolved paths. 0 or an exit status, said. */
int arm_open_root(const struct cli *cli, struct root *ret);

/*
 * Begins a command without arguments: its options, --help and, unless ret_append is NULL, --append, and the root. -1 to go on,
 * else the exit status.
 */
int arm_begin(const struct command *c, const struct cli *cli, int argc, char **argv,
	      const char **ret_append, struct root *ret);

/* Members of an object: the capture kernel's limits, in seconds. */
void arm_json_limits(struct json *j, const struct plan *p);

/* Notes of the configuration on standard error, the result on standard output. done: "armed",
 * "rebuilt". */
int arm_show(const struct cli *cli, const struct armed *a, const char *done);
