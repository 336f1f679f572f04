/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/parse.h"

#include <errno.h>

int parse_decimal(const char *word, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!*word)
		return -EINVAL;
	for (; *word; word++) {
		if (*word < '0' || *word > '9')
			return -EINVAL;
		if (mul_overflow(value, 10, &value) ||
		    add_overflow(value, (uint64_t)(*word - '0'), &value) || value > max)
			return -ERANGE;
	}
	*ret = value;
	return 0;
}
