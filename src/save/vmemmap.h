/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * makedumpfile's -e: struct pages that describe only memory that is left out are left out themselves. On a large machine at
 * rest they are most of the dump. What asks for them in such a dump (kmem -f, a page's flags) finds them excluded.
 */
#include "save/select.h"

/* Clears bits of kept; *ret counts them. */
int vmemmap_clear(const struct select_kernel *k, struct bitmap *kept, uint64_t *ret,
		  struct error *e) _must_check_;
