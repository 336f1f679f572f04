/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What can be told of an encrypted file without its key. Returns the exit status. */
#include "cli/command.h"

int info_sealed(const struct cli *cli, const char *path);
