/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/plan.h"

/* Loads the plan's modules in its order and removes each file, which gives its memory back. One that cannot be loaded is
 * reported and passed over: the device may come without it. Returns how many were loaded. */
size_t modules_load(const struct plan *p);
