/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What programs a shell script seems to run. A guess for a warning: nothing is evaluated. */
#include <stdbool.h>
#include <stddef.h>

/* Text of any origin. Calls `each` with the name of each command that is no builtin and no keyword, as often as it is there; ends where
 * that returns false. */
void script_commands(const char *text, size_t len, bool (*each)(void *user, const char *name),
		     void *user);
