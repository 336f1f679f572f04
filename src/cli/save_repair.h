/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * `lastword save --repair`: a damaged dump becomes one that readers take. destination NULL: where it is. The exit status.
 */
#include "cli/command.h"

int save_repair(const struct cli *cli, const char *path, const char *destination, bool force);
