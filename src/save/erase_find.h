/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where in memory lies what a configuration names: symbols of kallsyms, types of BTF and of our table of variables.
 */
#include "kernel/kernel.h"
#include "save/erase_config.h"
#include "save/eraser.h"

/*
 * Adds to x, unsorted, what the rules name. A module that is not loaded has nothing to erase. Anything else that cannot be found is an
 * error with its line: what was to be erased would be told.
 */
int erase_find(struct kernel *k, const struct erase_config *c, struct eraser *x,
	       struct error *e) _must_check_;
