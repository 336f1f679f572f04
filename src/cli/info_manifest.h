/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* `lastword info` and the manifest beside a dump. */
#include "base/json.h"
#include "cli/command.h"

/* A dump directory: each file of its manifest. Returns the exit status. */
int info_directory(const struct cli *cli, const char *path);

/* What the manifest beside a dump says of it: a line of text, or a member "manifest" of the object that is open. sums: read
 * the dump to compare its SHA-256. False where the dump is not what was saved. */
bool info_beside(const char *dump, bool sums, struct json *json);
