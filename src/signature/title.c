/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature/title.h"

#include <ctype.h>
#include <string.h>

static void put(char *title, size_t *at, const char *s, size_t len)
{
	len = MIN(len, SIGNATURE_TITLE_SIZE - 1 - *at);
	memcpy(title + *at, s, len);
	*at += len;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "f+0x10/0x20" is the function, other numbers are another at each crash. */
static const char *general(const char *s, const char *end, const char **ret_instead)
{
	const char *p = s;
	size_t digits;

	if (*s == '+' && end - s > 3 && s[1] == '0' && s[2] == 'x') {
		for (p = s + 3; p < end && (isxdigit((unsigned char)*p) || *p == '/' || *p == 'x');)
			p++;
		*ret_instead = "";
		return p;
	}
	if (end - s > 2 && s[0] == '0' && s[1] == 'x')
		p = s + 2;
	while (p < end && isxdigit((unsigned char)*p))
		p++;
	digits = (size_t)(p - s);
	if (digits == 0 || (p < end && is_word(*p)))
		return NULL;
	if (digits >= 10) {
		*ret_instead = "ADDR";
		return p;
	}
	if (!isdigit((unsigned char)*s))
		return NULL;
	for (const char *q = s; s[1] != 'x' && q < p; q++)
		if (!isdigit((unsigned char)*q))
			return NULL;
	*ret_instead = "NUM";
	return p;
}

/* What another machine would have said at the same death. */
static void put_general(char *title, size_t *at, const struct pattern_group *g)
{
	const char *end = g->start + g->len, *s = g->start;

	while (s < end) {
		const char *instead, *next = NULL;

		if (s == g->start || !is_word(s[-1]) || *s == '+')
			next = general(s, end, &instead);
		if (next) {
			put(title, at, instead, strlen(instead));
			s = next;
		} else {
			put(title, at, s, 1);
			s++;
		}
	}
}

void death_title(const struct death *d, const struct pattern_group groups[PATTERN_GROUPS],
		 const char *function, char ret[SIGNATURE_TITLE_SIZE])
{
	size_t at = 0;

	for (const char *s = d->title; *s; s++) {
		if (*s != '%') {
			put(ret, &at, s, 1);
		} else if (*++s == '@') {
			if (*function)
				put(ret, &at, " in ", 4);
			put(ret, &at, function, strlen(function));
		} else {
			put_general(ret, &at, &groups[*s - '1']);
		}
	}
	while (at > 0 && isspace((unsigned char)ret[at - 1]))
		at--;
	ret[at] = '\0';
}
