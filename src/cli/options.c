/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/parse.h"

/* Above the letters. */
enum { LONG_ONLY = 256 };

#define OPTION_TEXT 40
/* Each letter and its colons, and the two signs before them. */
#define LETTERS_SIZE (3 * OPTION_ROWS_MAX + 3)

static int parse_address(const char *word, struct option_address *ret, struct error *e)
{
	char *end;

	errno = 0;
	*ret = (struct option_address){ strtoull(word, &end, 16), true };
	return end == word || *end || errno ? error_set(e, -EINVAL, "'%s' is no address", word) : 0;
}

/* "-d" or "--level", as it is told to people: a letter where there is no name. */
static const char *row_text(const struct option_row *row, char ret[OPTION_TEXT])
{
	if (row->name)
		snprintf(ret, OPTION_TEXT, "--%s", row->name);
	else
		snprintf(ret, OPTION_TEXT, "-%c", row->letter);
	return ret;
}

static int take(void *into, const struct option_row *row, const char *word, struct error *e)
{
	void *field = (char *)into + row->field;
	char text[OPTION_TEXT];

	switch (row->kind) {
	case OPTION_FLAG:
		*(bool *)field = true;
		return 0;
	case OPTION_WORD:
		*(const char **)field = word;
		return 0;
	case OPTION_NUMBER:
		if (parse_decimal(word, row->limit, field) == 0)
			return 0;
		return error_set(e, -EINVAL, "%s takes a number from 0 to %llu, not '%s'",
				 row_text(row, text), (unsigned long long)row->limit, word);
	case OPTION_ADDRESS:
		return parse_address(word, field, e);
	case OPTION_CHOICE:
		*(int *)field = (int)row->limit;
		return 0;
	case OPTION_TAKE:
		return row->take(field, word, e);
	case OPTION_IGNORED:
		return 0;
	case OPTION_HELP:
		return 1;
	case OPTION_REFUSED:
		break;
	}
	return error_set(e, -EOPNOTSUPP, "%s: %s", row_text(row, text), row->words);
}

/* What getopt wants, made of the rows. Long names return LONG_ONLY and the row's number. */
static void getopt_tables(const struct option_row *rows, size_t count, bool stops,
			  struct option longs[OPTION_ROWS_MAX + 1], char letters[LETTERS_SIZE])
{
	size_t n = 0;

	if (stops)
		*letters++ = '+';
	if (!opterr)
		*letters++ = ':'; /* tells a value that is missing from an option that is */
	for (size_t i = 0; i < count; i++) {
		if (rows[i].name)
			longs[n++] = (struct option){ rows[i].name, rows[i].argument, NULL,
						      LONG_ONLY + (int)i };
		if (rows[i].letter) {
			*letters++ = rows[i].letter;
			for (int colons = 0; colons < rows[i].argument; colons++)
				*letters++ = ':';
		}
	}
	longs[n] = (struct option){ 0 };
	*letters = '\0';
}

static const struct option_row *row_of(const struct option_row *rows, size_t count, int c)
{
	if (c >= LONG_ONLY)
		return &rows[c - LONG_ONLY];
	for (size_t i = 0; i < count; i++)
		if (rows[i].letter == c)
			return &rows[i];
	return NULL;
}

/* What getopt did not understand: c is '?', or ':' where a value is missing. */
static int not_understood(const struct option_row *rows, size_t count, int c, const char *word,
			  struct error *e)
{
	const struct option_row *row = optopt ? row_of(rows, count, optopt) : NULL;
	char text[OPTION_TEXT];

	if (opterr)
		return error_set(e, -EINVAL, "an option is not known");
	if (row)
		return error_set(e, -EINVAL, "%s %s", row_text(row, text),
				 c == ':' ? "needs a value" : "takes no value");
	return optopt ? error_set(e, -EINVAL, "there is no option -%c", optopt)
		      : error_set(e, -EINVAL, "there is no option %s", word);
}

int options_parse(const struct option_row *rows, size_t count, bool stops, int argc, char **argv,
		  void *into, struct error *e)
{
	struct option longs[OPTION_ROWS_MAX + 1];
	char letters[LETTERS_SIZE];
	int c, failed = 0;

	getopt_tables(rows, MIN(count, (size_t)OPTION_ROWS_MAX), stops, longs, letters);
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_row *row = row_of(rows, count, c);

		if (!failed)
			failed = row ? take(into, row, optarg, e)
				     : not_understood(rows, count, c, argv[optind - 1], e);
		else if (row && row->kind == OPTION_FLAG)
			(void)take(into, row, optarg, NULL);
		if (failed > 0)
			break;
	}
	return failed;
}
