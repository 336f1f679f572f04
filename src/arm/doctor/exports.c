/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/doctor/exports.h"

#include <stdio.h>
#include <string.h>

#define BLANKS " \t"

/* A word in quotes, or up to a blank or the end of the line; `\040` stays as it is. Moves on. */
static void take_word(const char **pos, char ret[EXPORT_TEXT_MAX])
{
	const char *p = *pos;
	bool quoted = *p == '"';
	size_t len = quoted ? strcspn(p + 1, "\"\n") : strcspn(p, BLANKS "\n");

	snprintf(ret, EXPORT_TEXT_MAX, "%.*s", (int)MIN(len, (size_t)EXPORT_TEXT_MAX), p + quoted);
	*pos = p + quoted + len + (quoted && p[1 + len] == '"');
}

/* Blanks and continued lines; nothing of a comment. */
static const char *skip(const char *p)
{
	for (;;) {
		p += strspn(p, BLANKS);
		if (p[0] == '\\' && p[1] == '\n')
			p += 2;
		else if (*p == '#')
			p += strcspn(p, "\n");
		else
			return p;
	}
}

/* "client(rw,sync)", "client", "(rw)" */
static void take_client(const char **pos, struct export *ret)
{
	char word[EXPORT_TEXT_MAX];
	size_t name;

	take_word(pos, word);
	name = strcspn(word, "(");
	snprintf(ret->client, sizeof(ret->client), "%.*s", (int)name, name ? word : "*");
	if (!name)
		snprintf(ret->client, sizeof(ret->client), "*");
	snprintf(ret->options, sizeof(ret->options), ",%.*s,",
		 (int)MIN(strcspn(word + name + (word[name] == '('), ")"), sizeof(word) - 3),
		 word + name + (word[name] == '('));
}

bool export_next(const char **pos, char state[EXPORT_TEXT_MAX], struct export *ret)
{
	const char *p = skip(*pos);

	for (;;) {
		if (*p == '\n') {
			*state = '\0';
			p = skip(p + 1);
			continue;
		}
		if (!*p) {
			*pos = p;
			return false;
		}
		if (*state)
			break;
		take_word(&p, state);
		p = skip(p);
		/* a directory alone is for everybody, with what is the default */
		if (*p == '\n' || !*p) {
			*ret = (struct export){ .client = "*", .options = "," };
			memcpy(ret->directory, state, EXPORT_TEXT_MAX);
			*pos = p;
			return *state;
		}
		if (!*state)
			return false;
	}
	memcpy(ret->directory, state, EXPORT_TEXT_MAX);
	take_client(&p, ret);
	*pos = p;
	return true;
}

bool export_has(const struct export *x, const char *option)
{
	return strstr(x->options, option);
}
