/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/parse.h"

#include <errno.h>
#include <string.h>

static int parse_digits(const char *word, size_t len, uint64_t max, uint64_t *ret)
{
	uint64_t value = 0;

	if (!len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (word[i] < '0' || word[i] > '9')
			return -EINVAL;
		if (mul_overflow(value, 10, &value) ||
		    add_overflow(value, (uint64_t)(word[i] - '0'), &value) || value > max)
			return -ERANGE;
	}
	*ret = value;
	return 0;
}

int parse_decimal(const char *word, uint64_t max, uint64_t *ret)
{
	return parse_digits(word, strlen(word), max, ret);
}

int parse_scaled(const char *word, const char *letters, uint64_t max, uint64_t *ret)
{
	static const struct {
		char letter;
		unsigned shift;
	} units[] = { { 'k', 10 }, { 'K', 10 }, { 'M', 20 }, { 'G', 30 }, { 'T', 40 } };
	size_t len = strlen(word);
	unsigned shift = 0;
	uint64_t value;
	int r;

	if (len && strchr(letters, word[len - 1])) {
		len--;
		for (size_t i = 0; i < ARRAY_SIZE(units); i++)
			if (units[i].letter == word[len])
				shift = units[i].shift;
	}
	r = parse_digits(word, len, max, &value);
	if (r < 0)
		return r;
	if (value > UINT64_MAX >> shift)
		return -ERANGE;
	*ret = value << shift;
	return 0;
}

int parse_seconds(const char *word, uint64_t max, uint64_t *ret)
{
	static const struct {
		char letter;
		unsigned seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 24 * 3600 } };
	size_t len = strlen(word);
	unsigned factor = 1;
	char number[24];
	uint64_t value;
	int r;

	if (len == 0 || len >= sizeof(number))
		return -EINVAL;
	strcpy(number, word);
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (number[len - 1] == units[i].letter) {
			factor = units[i].seconds;
			number[len - 1] = '\0';
			break;
		}
	}
	r = parse_decimal(number, max / factor, &value);
	if (r == 0)
		*ret = value * factor;
	return r;
}
