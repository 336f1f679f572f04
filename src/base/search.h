/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Binary search. `holds` is an expression of the index i that is false up to some index and true from there on, as in a sorted
 * table. The value is the first i below count for which it is true, count where there is none.
 */
#include <stddef.h>

#define search_first(i, count, holds)                                                              \
	({                                                                                         \
		size_t low_ = 0, high_ = (count);                                                  \
		while (low_ < high_) {                                                             \
			size_t i = low_ + (high_ - low_) / 2;                                      \
			if (holds)                                                                 \
				high_ = i;                                                         \
			else                                                                       \
				low_ = i + 1;                                                      \
		}                                                                                  \
		low_;                                                                              \
	})
