/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Commands of `lastword crash` that lastword-init does without: they are of the prompt, or need libraries which it does not carry.
 */
#include "inspect/command.h"

/* For struct inspect's `more`. */
extern const struct inspect_command *const crash_commands[];
