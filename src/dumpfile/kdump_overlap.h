/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * page_descs that lead into each other's data: at most one of them is right, and nothing tells which.
 */
#include "dumpfile/partial.h"

/*
 * Sets the bits in lost (one a desc, those set before are not looked at) of all that overlap, but for those that share a page of zeros.
 * *ret_count grows by as many. Memory is bounded whatever the table's size. -ENOMEM.
 */
int kdump_overlaps(const struct partial *p, const struct kdump_place *place, uint32_t page_size,
		   struct bitmap *lost, uint64_t *ret_count) _must_check_;
