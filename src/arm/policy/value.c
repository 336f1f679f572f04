/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arm/policy/switches.h"
#include "base/buf.h"

static bool whole_number(const char *word, int base, int64_t *ret)
{
	char *end;

	if (!*word || strspn(word, "-0123456789abcdefABCDEFx") != strlen(word))
		return false;
	errno = 0;
	*ret = strtoll(word, &end, base);
	return errno == 0 && !*end;
}

static uint64_t all_bits(const struct policy_switch *s)
{
	uint64_t all = 0;

	for (const struct switch_bit *b = s->bits; b->name; b++)
		all |= b->value;
	return all;
}

static void list_names(const struct policy_switch *s, uint64_t bits, char *buf, size_t size)
{
	size_t used = 0;

	buf[0] = '\0';
	for (const struct switch_bit *b = s->bits; b->name && used < size; b++)
		if (bits & b->value)
			used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? "," : "",
						 b->name);
}

static int parse_names(const struct policy_switch *s, const char *word, uint64_t *ret,
		       struct error *e)
{
	char names[200];
	uint64_t bits = 0;

	list_names(s, UINT64_MAX, names, sizeof(names));
	while (*word) {
		size_t len = strcspn(word, ",");
		const struct switch_bit *b = s->bits;

		while (b->name && (strlen(b->name) != len || strncmp(b->name, word, len) != 0))
			b++;
		if (!b->name)
			return error_set(e, -EINVAL, "%s: '%.*s' is none of %s", s->name, (int)len,
					 word, names);
		bits |= b->value;
		word += len + (word[len] == ',');
	}
	*ret = bits;
	return 0;
}

static int parse_bits(const struct policy_switch *s, const char *word, uint64_t *ret,
		      struct error *e)
{
	int64_t n;

	if (!whole_number(word, 0, &n))
		return parse_names(s, word, ret, e);
	if (n < 0 || ((uint64_t)n & ~all_bits(s)))
		return error_set(e, -EINVAL, "%s: %s has bits that mean nothing; 0 to %" PRIu64,
				 s->name, word, all_bits(s));
	*ret = (uint64_t)n;
	return 0;
}

int policy_value_parse(const struct policy_switch *s, const char *word, char **ret, struct error *e)
{
	char text[200];
	uint64_t bits = 0;
	int64_t n = 0;
	int r = 0;

	switch (s->kind) {
	case SWITCH_NUMBER:
		if (!whole_number(word, 10, &n) || n < s->min || n > s->max)
			return error_set(e, -EINVAL,
					 "%s: '%s' is no number from %" PRId64 " to %" PRId64,
					 s->name, word, s->min, s->max);
		snprintf(text, sizeof(text), "%" PRId64, n);
		break;
	case SWITCH_BITS:
		r = parse_bits(s, word, &bits, e);
		snprintf(text, sizeof(text), "%" PRIu64, bits);
		break;
	case SWITCH_WORDS:
		r = parse_names(s, word, &bits, e);
		list_names(s, bits, text, sizeof(text));
		break;
	}
	if (r < 0)
		return r;
	*ret = strdup(text);
	return *ret ? 0 : error_errno(e, -ENOMEM, "%s", s->name);
}

void policy_value_explain(const struct policy_switch *s, const char *value, char *buf, size_t size)
{
	int64_t n;

	buf[0] = '\0';
	if (s->kind == SWITCH_BITS && whole_number(value, 10, &n))
		list_names(s, (uint64_t)n, buf, size);
}
