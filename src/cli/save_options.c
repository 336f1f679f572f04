/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/save_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "cli/save_request.h"

/* Above the letters. */
enum { LONG_ONLY = 256 };

static int parse_address(const char *word, struct option_address *ret, struct error *e)
{
	char *end;

	errno = 0;
	*ret = (struct option_address){ strtoull(word, &end, 16), true };
	return end == word || *end || errno ? error_set(e, -EINVAL, "'%s' is no address", word) : 0;
}

static int parse_codec(const struct option_row *row, const char *word, enum codec_id *ret,
		       struct error *e)
{
	for (int id = 0; word && id < CODEC_COUNT; id++) {
		if (strcmp(codec_by_id((enum codec_id)id)->name, word) == 0) {
			*ret = (enum codec_id)id;
			return 0;
		}
	}
	if (word)
		return error_set(e, -EINVAL, "'%s' is no codec: zlib, lzo, snappy, zstd or none",
				 word);
	*ret = codec_by_option(row->letter)->id;
	return 0;
}

static int refuse(const struct option_row *row, int code, const char *words, struct error *e)
{
	return row->letter ? error_set(e, code, "-%c: %s", row->letter, words)
			   : error_set(e, code, "--%s: %s", row->name, words);
}

static int take(void *into, const struct option_row *row, const char *word, struct error *e)
{
	void *field = (char *)into + row->field;

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
		return row->name ? error_set(e, -EINVAL,
					     "--%s takes a number from 0 to %llu, not '%s'",
					     row->name, (unsigned long long)row->limit, word)
				 : error_set(e, -EINVAL,
					     "-%c takes a number from 0 to %llu, not '%s'",
					     row->letter, (unsigned long long)row->limit, word);
	case OPTION_ADDRESS:
		return parse_address(word, field, e);
	case OPTION_CHOICE:
		*(int *)field = (int)row->limit;
		return 0;
	case OPTION_CODEC:
		return parse_codec(row, word, field, e);
	case OPTION_LEVELS:
		return save_request_levels(field, word, e);
	case OPTION_SIZE:
		return save_request_size(word, field, e);
	case OPTION_IGNORED:
		return 0;
	case OPTION_REFUSED:
		break;
	}
	return refuse(row, -EOPNOTSUPP, row->words, e);
}

/* What getopt wants, made of the rows. Long names return LONG_ONLY and the row's number. */
static void getopt_tables(const struct option_row *rows, size_t count,
			  struct option longs[OPTION_ROWS_MAX + 1],
			  char letters[2 * OPTION_ROWS_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (rows[i].name)
			longs[n++] = (struct option){ rows[i].name, rows[i].argument, NULL,
						      LONG_ONLY + (int)i };
		if (rows[i].letter) {
			*letters++ = rows[i].letter;
			if (rows[i].argument)
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

int option_rows_parse(const struct option_row *rows, size_t count, int argc, char **argv,
		      void *into, struct error *e)
{
	struct option longs[OPTION_ROWS_MAX + 1];
	char letters[2 * OPTION_ROWS_MAX + 1];
	int c, failed = 0;

	getopt_tables(rows, MIN(count, (size_t)OPTION_ROWS_MAX), longs, letters);
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct option_row *row = row_of(rows, count, c);

		if (!failed)
			failed = row ? take(into, row, optarg, e)
				     : error_set(e, -EINVAL, "an option is not known");
		else if (row && row->kind == OPTION_FLAG)
			(void)take(into, row, optarg, NULL);
	}
	return failed;
}
