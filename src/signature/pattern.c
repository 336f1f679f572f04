/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature/pattern.h"

#include <string.h>

/* The end of the run of characters that a '*' may take. */
static const char *line_end(const char *s)
{
	return s + strcspn(s, "\n");
}

/* How many characters of text the literal part before the next '*' takes; false where it does not stand there. */
static bool literal_at(const char *literal, size_t len, const char *text)
{
	return strncmp(literal, text, len) == 0;
}

/*
 * Going back to an earlier '*' never helps: a literal found at its first place leaves the most to those after it. But the
 * last literal of a whole match has to stand at the end.
 */
static bool match(const char *pattern, const char *text, bool whole,
		  struct pattern_group groups[PATTERN_GROUPS])
{
	size_t len, group = 0;

	/* of a table nearly no row gets further */
	if (*pattern != *text && *pattern != '*')
		return false;
	len = strcspn(pattern, "*");
	if (!literal_at(pattern, len, text))
		return false;
	pattern += len;
	text += len;
	while (*pattern == '*') {
		const char *start = text, *last = line_end(text);

		len = strcspn(++pattern, "*");
		if (len == 0)
			text = last;
		else if (whole && pattern[len] == '\0')
			text = last - MIN(len, (size_t)(last - text));
		while (!literal_at(pattern, len, text))
			if (text++ >= last)
				return false;
		if (groups && group < PATTERN_GROUPS)
			groups[group++] = (struct pattern_group){ start, (size_t)(text - start) };
		pattern += len;
		text += len;
	}
	return !whole || *text == '\0';
}

bool pattern_begins(const char *pattern, const char *text,
		    struct pattern_group groups[PATTERN_GROUPS])
{
	return match(pattern, text, false, groups);
}

bool pattern_is(const char *pattern, const char *text)
{
	return match(pattern, text, true, NULL);
}
