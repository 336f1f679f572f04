/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* `lastword setup --import [FILE]`: kdump.conf from Debian's /etc/default/kdump-tools or SUSE's /etc/sysconfig/kdump. */
#include "cli/command.h"

/*
 * file, inside the root, NULL for whichever of the two is there. force: in place of a kdump.conf that a person wrote, of which a copy
 * stays. Tells line by line what became of it, as text or JSON (schema lastword.import/1). The exit status.
 */
int setup_import(const struct cli *cli, const char *file, bool dry_run, bool force);
