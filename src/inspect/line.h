/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A line typed at the prompt, split: words for the command, and what the shell gets. Quotes ' and " keep blanks, | and >;
 * a backslash outside of them keeps the next character; # at the start of a word begins a comment.
 */
#include "base/error.h"

#define LINE_WORDS 256

struct line {
	char *text;		     /* the words' storage */
	char *words[LINE_WORDS + 1]; /* NULL after the last */
	int count;
	char *shell; /* what came after |, or after ! at the start; NULL: nothing */
	char *file;  /* the word after > or >>; NULL: none */
	bool append; /* >> */
};

/* -EINVAL with words: an open quote, no file after >, too many words; -ENOMEM. */
int line_parse(const char *s, struct line *ret, struct error *e) _must_check_;
void line_done(struct line *l);
