/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The options that a person chose for an NFS mount, for a mount of ours. */
#include "base/error.h"
#include "base/root.h"

/*
 * device: "HOST:/SHARE". As it is mounted now, else as fstab would; "" where neither knows it. The version becomes "vers=…",
 * whichever way it is written. -EOPNOTSUPP what a capture kernel cannot do, with the reason. Newly allocated.
 */
int nfs_inherit(const struct root *root, const char *device, char **ret,
		struct error *e) _must_check_;

/* Options as a line of fstab has them. */
int nfs_take_options(const char *options, char **ret, struct error *e) _must_check_;
