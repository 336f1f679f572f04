/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What arm, rebuild and reload have in common: options and what they print. */
#include "arm/arm.h"
#include "base/json.h"
#include "cli/command_line.h"

extern const struct command command_arm, command_disarm, command_rebuild, command_reload,
	command_status;

/* The row of --append, which fills member f. */
#define ARM_APPEND_ROW(type, f)                                                                    \
	WORD_ROW(type, f, 'a', "append", "STRING",                                                 \
		 "more words for the capture kernel's command line")

/* The root made absolute: it is compared with resolved paths. 0 or an exit status, said. */
int arm_open_root(const struct cli *cli, struct root *ret);

/* Members of an object: the capture kernel's limits, in seconds. */
void arm_json_limits(struct json *j, const struct plan *p);

/* Notes of the configuration on standard error, the result on standard output. done: "armed",
 * "rebuilt". */
int arm_show(const struct cli *cli, const struct armed *a, const char *done);
