/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What a block device stands on, by sysfs. */
#include "base/root.h"

/*
 * The first of the device, the disk of which it is a part, and what they stand on, that is(): its directory,
 * "/sys/class/block/NAME", goes to ret. False where none is.
 */
bool below_find(const struct root *root, const char *name,
		bool (*is)(const struct root *root, const char *device), char *ret, size_t size);
