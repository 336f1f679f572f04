/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The patterns of this room's tables: '*' stands for any run of characters in a line, possibly none; the rest for itself.
 */
#include "base/macro.h"

#define PATTERN_GROUPS 4

struct pattern_group {
	const char *start;
	size_t len;
};

/*
 * Does text begin with what the pattern says? A pattern without '*' at its end does not say what follows. Each '*' takes as
 * little as it can: groups, where not NULL, are what the first PATTERN_GROUPS took.
 */
bool pattern_begins(const char *pattern, const char *text,
		    struct pattern_group groups[PATTERN_GROUPS]);

/* Is text, as a whole, what the pattern says? */
bool pattern_is(const char *pattern, const char *text);
