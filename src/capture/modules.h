/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "plan/plan.h"

/* done: of the plan's list. */
typedef void (*modules_loaded)(void *user, size_t done);

/*
 * Loads the plan's modules in its order, those that are late or the others, and removes each file, which gives its memory back.
 * One that cannot be loaded is reported and passed over: the device may come without it. Returns how many were loaded.
 * loaded_one: NULL, or told of each.
 */
size_t modules_load(const struct plan *p, bool late, modules_loaded loaded_one, void *user);

size_t modules_number(const struct plan *p, bool late);
