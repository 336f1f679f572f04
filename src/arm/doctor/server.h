/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the families about servers share. */
#include <limits.h>

#include "base/root.h"

/* Where an exported directory is on this machine: below rootdir of nfs.conf(5), where that is set. */
void server_path(const struct root *root, const char *directory, char ret[PATH_MAX]);
