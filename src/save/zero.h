/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

#include <string.h>

/*
 * Is this page all zeros? len is a multiple of 64. Most pages that are not differ in the first line; the loop over a line is
 * one the compiler turns into vector instructions.
 */
static inline bool page_is_zero(const void *page, size_t len)
{
	const uint8_t *p = page;

	for (const uint8_t *end = p + len; p < end; p += 64) {
		uint64_t line[8], any = 0;

		memcpy(line, p, sizeof(line));
		for (size_t i = 0; i < ARRAY_SIZE(line); i++)
			any |= line[i];
		if (any)
			return false;
	}
	return true;
}
