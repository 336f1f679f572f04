/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Free bytes of the file system on a device, where it is mounted here. -ENODATA. */
#include "arm/place/blockdev.h"

int room_of_device(const struct root *root, const struct blockdev *d, uint64_t *ret) _must_check_;

/* Where it is mounted here, newly allocated. -ENODATA. */
int mount_of_device(const struct root *root, const struct blockdev *d, char **ret) _must_check_;
