/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Where what a target got can be looked at, now that the machine runs. */
#include "arm/config/config.h"
#include "base/root.h"

/*
 * The directory that holds the dump directories, inside the root, newly allocated; it may not exist. -EOPNOTSUPP: on another
 * machine; -ENODEV: not mounted now; the words are for the user.
 */
int place_seen(const struct root *root, const struct config_target *c, char **ret,
	       struct error *e) _must_check_;

/* A dump directory's name on a server where others' dumps may be: does it begin with an address of this machine ("10.0.2.15-2026-…")? */
bool place_is_ours(const char *name);
