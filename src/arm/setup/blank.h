/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Is a device empty, so that a file system may be made on it? Everything that is in doubt is a no. */
#include "arm/place/blockdev.h"

/*
 * -EEXIST: something known to libblkid is on it, or (without force) something is at its ends that is not zeros. -EBUSY: it is
 * mounted, swapped to, part of another device, has partitions, or somebody holds it open for himself.
 */
int blank_check(const struct root *root, const struct blockdev *d, bool force,
		struct error *e) _must_check_;
