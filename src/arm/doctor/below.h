/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What a block device stands on, by sysfs. */
#include "base/root.h"

/*
 * The first of the device, the disk of which it is a part, and what they stand on, whose attribute `attribute` ("dm/uuid") is
 * one that is(): "/sys/class/block/NAME/ATTRIBUTE" goes to ret. False where none is.
 */
bool below_find(const struct root *root, const char *name, const char *attribute,
		bool (*is)(const char *value), char *ret, size_t size);
