/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* `lastword setup --import [FILE]`: kdump.conf from Debian's /etc/default/kdump-tools or SUSE's /etc/sysconfig/kdump. */
#include "cli/command.h"

/* Is --import among the arguments of setup? */
bool setup_imports(int argc, char **argv);

/* Tells line by line what became of it, as text or JSON (schema lastword.import/1). The exit status. */
int setup_import(const struct cli *cli, int argc, char **argv);
