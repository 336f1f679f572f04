/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/root.h"

/* A machine with an ext4 disk, on which nothing is wrong but that nothing is armed. */
void made_healthy(struct root *ret);

/* What would be loaded now is recorded as loaded; nothing happens where nothing can be composed. */
void made_armed(const struct root *r);
