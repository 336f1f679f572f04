/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static const char *skip_blanks(const char *s)
{
	while (is_blank(*s))
		s++;
	return s;
}

/* Copies one word to *to with a NUL. Returns what follows it; NULL where a quote stays open. */
static const char *take_word(const char *s, char **to)
{
	const char *start = s;
	char *out = *to;
	char quote = '\0';

	for (; *s; s++) {
		if (quote) {
			if (*s == quote)
				quote = '\0';
			else
				*out++ = *s;
		} else if (*s == '\'' || *s == '"') {
			quote = *s;
		} else if (*s == '\\' && s[1]) {
			*out++ = *++s;
		} else if (*s == '>' && s > start && s[-1] == '-') {
			*out++ = *s; /* "task->mm" */
		} else if (is_blank(*s) || *s == '|' || *s == '>') {
			break;
		} else {
			*out++ = *s;
		}
	}
	if (quote)
		return NULL;
	*out++ = '\0';
	*to = out;
	return s;
}

static int parse(const char *s, struct line *l, struct error *e)
{
	char *to = l->text;

	s = skip_blanks(s);
	if (*s == '!') {
		l->shell = strcpy(to, s + 1);
		return 0;
	}
	for (s = skip_blanks(s); *s && *s != '#'; s = skip_blanks(s)) {
		char *start;

		if (*s == '|') {
			l->shell = strcpy(to, s + 1);
			return *skip_blanks(s + 1) ? 0
						   : error_set(e, -EINVAL, "no program after |");
		}
		if (*s == '>') {
			l->append = s[1] == '>';
			s = skip_blanks(s + 1 + l->append);
			l->file = to;
			s = take_word(s, &to);
			if (!s || !*l->file || *skip_blanks(s))
				return error_set(e, -EINVAL, "one file name goes after >");
			return 0;
		}
		if (l->count == LINE_WORDS)
			return error_set(e, -EINVAL, "more than %d words", LINE_WORDS);
		start = to;
		s = take_word(s, &to);
		if (!s)
			return error_set(e, -EINVAL, "a quote stays open");
		l->words[l->count++] = start;
	}
	return 0;
}

int line_parse(const char *s, struct line *ret, struct error *e)
{
	/* A word takes no more than its text and a NUL, and there is a blank or an end after each. */
	struct line l = { .text = malloc(2 * strlen(s) + 2) };
	int err;

	if (!l.text)
		return error_errno(e, -ENOMEM, "a line");
	err = parse(s, &l, e);
	if (err < 0) {
		line_done(&l);
		return err;
	}
	*ret = l;
	return 0;
}

void line_done(struct line *l)
{
	free(l->text);
	*l = (struct line){ 0 };
}
