/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* `lastword save - DST` and `makedumpfile -R DST`: a flattened dump on standard input becomes the file that it describes. */
#include "base/error.h"

/* The file has its name when all is there and synced; one that is there is an error unless force is set. */
int save_restore(const char *path, bool force, struct error *e) _must_check_;
