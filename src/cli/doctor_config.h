/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* `lastword doctor --config`: what each line of the configuration does here. */
#include "base/root.h"
#include "cli/command.h"

/* Prints it, as text or JSON (schema lastword.doctor-config/1). The exit status: 1 where a file is refused. */
int doctor_config(const struct cli *cli, const struct root *root);
