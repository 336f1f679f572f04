/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command_line.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH 100
/* Words of an option that are longer have a line of their own. */
#define LEFT_MAX 28
#define LEFT_SIZE 80

static int columns_of(const char *text, size_t len)
{
	int columns = 0;

	for (size_t i = 0; i < len; i++)
		columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	return columns;
}

int text_columns(const char *text)
{
	return columns_of(text, strlen(text));
}

/* From column indent on; a newline in the text is one. */
static void print_wrapped(const char *text, int indent)
{
	bool begins = true;
	int at = indent;

	while (*text) {
		size_t len = strcspn(text, " \n");
		int columns = columns_of(text, len);

		if (!begins && at + 1 + columns > WIDTH) {
			printf("\n%*s", indent, "");
			begins = true;
			at = indent;
		}
		printf("%s%.*s", begins ? "" : " ", (int)len, text);
		at += columns + !begins;
		begins = text[len] == '\n';
		if (begins)
			printf("\n%*s", indent, "");
		at = begins ? indent : at;
		text += len + (text[len] != '\0');
	}
	putchar('\n');
}

/* "  -o, --output FILE" */
static int row_left(const struct option_row *row, char ret[LEFT_SIZE])
{
	bool optional = row->argument == optional_argument;
	char letter[] = { '-', row->letter, ',', ' ', '\0' };

	if (!row->letter)
		memset(letter, ' ', sizeof(letter) - 1);
	snprintf(ret, LEFT_SIZE, "  %s--%s%s%s%s", letter, row->name,
		 !row->value ? ""
		 : optional  ? "[="
			     : " ",
		 row->value ?: "", row->value && optional ? "]" : "");
	return text_columns(ret);
}

static void print_row(const struct option_row *row, int column)
{
	char left[LEFT_SIZE];
	int width = row_left(row, left);

	fputs(left, stdout);
	if (width > column - 2)
		printf("\n%*s", column, "");
	else
		printf("%*s", column - width, "");
	print_wrapped(row->words, column);
}

static void print_help(const struct command_line *l, const struct option_row *rows, size_t count)
{
	const struct command *c = l->command;
	char left[LEFT_SIZE];
	int column = 0;

	if (l->whole) {
		fputs(l->whole, stdout);
		return;
	}
	if (l->usage)
		printf("usage: lastword %s\n\n", l->usage);
	else
		printf("usage: lastword %s%s%s\n\n", c->name, *c->arguments ? " " : "",
		       c->arguments);
	print_wrapped(l->about ?: c->summary, 0);
	putchar('\n');
	for (size_t i = 0; i < count; i++)
		if (rows[i].words)
			column = MAX(column, MIN(row_left(&rows[i], left), LEFT_MAX) + 2);
	for (size_t i = 0; i < count; i++)
		if (rows[i].words)
			print_row(&rows[i], column);
	if (l->after) {
		putchar('\n');
		print_wrapped(l->after, 0);
	}
}

static int check_operands(const struct command_line *l, int argc, char **argv)
{
	int n = argc - optind;

	if (n >= l->least && n <= l->most)
		return -1;
	return l->most ? usage_error(l->command, "%s takes %s", l->command->name, l->operands)
		       : usage_error(l->command, "%s takes no argument '%s'", l->command->name,
				     argv[optind]);
}

int command_line_read(const struct command_line *l, int argc, char **argv, void *into)
{
	const struct option_row own[] = {
		{ .name = "json", .kind = OPTION_IGNORED, .words = l->json },
		{ .name = "help", .letter = 'h', .kind = OPTION_HELP, .words = "this text" },
	};
	struct option_row rows[OPTION_ROWS_MAX];
	size_t count = MIN(l->count, OPTION_ROWS_MAX - ARRAY_SIZE(own));
	struct error e = { 0 };
	int r;

	if (count)
		memcpy(rows, l->rows, count * sizeof(*rows));
	memcpy(rows + count, own, sizeof(own));
	count += ARRAY_SIZE(own);
	opterr = 0;
	r = options_parse(rows, count, l->stops, argc, argv, into, &e);
	if (r == 1) {
		print_help(l, rows, count);
		return EXIT_SUCCESS;
	}
	if (r < 0)
		return usage_error(l->command, "%s", error_text(&e));
	return check_operands(l, argc, argv);
}
