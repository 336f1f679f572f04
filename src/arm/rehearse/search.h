/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The smallest size that works, with few attempts: each is a boot. */
#include "base/error.h"
#include "base/macro.h"

#define SEARCH_STEP MIB(4)
#define SEARCH_WHY 600

/* Bytes, multiples of SEARCH_STEP. */
struct search {
	uint64_t enough, too_small;
};

typedef int search_try(void *user, uint64_t size, bool *ret_enough, char why[SEARCH_WHY],
		       struct error *e);

/*
 * guess: a size that should work, with some margin in it. -ENODATA where even much more does not: the words say what the last
 * attempt said.
 */
int search_smallest(uint64_t guess, search_try *attempt, void *user, struct search *ret,
		    struct error *e) _must_check_;
