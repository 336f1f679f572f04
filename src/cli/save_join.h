/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* `lastword save --join` and `makedumpfile --reassemble`: the parts of a split dump become one. */
#include "base/error.h"
#include "base/progress.h"

/* The file has its name when all is there and synced; one that is there is an error unless force is set. */
int save_join(char *const *parts, int count, const char *path, bool force, struct progress *p,
	      struct error *e) _must_check_;
