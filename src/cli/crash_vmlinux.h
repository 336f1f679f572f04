/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The kernel's file with debugging information, for `crash`: where it is looked for, and what it is asked. */
#include "inspect/command.h"

struct debuginfo;

struct vmlinux {
	struct debuginfo *debuginfo;
	struct inspect_lines lines;
};

/*
 * path: what the user named, or NULL: then /usr/lib/debug and the dump's directory are looked through. A file of another kernel is
 * said and not used. False where there is none.
 */
bool vmlinux_open(struct vmlinux *v, struct kernel *k, const char *path);
void vmlinux_close(struct vmlinux *v);
