/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The words behind a command: its options, its operands, and the help that is composed of them.
 */
#include "cli/command.h"
#include "cli/options.h"

struct command_line {
	const struct command *command;
	/* Rows without --help, which each command has. */
	const struct option_row *rows;
	size_t count;
	/* Operands that it takes, and what they are: "one dump". */
	int least, most;
	const char *operands;
	bool stops; /* what follows the first operand is not for this command */

	/* Of the help, lines as long as they like. */
	const char *
		usage; /* lines behind "usage: lastword "; NULL: name and arguments of the command */
	const char *about; /* NULL: the summary of the command */
	const char *json;  /* what --json gives; NULL: nothing of its own */
	const char *after;
	const char *whole; /* instead of all these */
};

/* Fills into, whose shape the rows know. -1 to go on, with the operands at getopt's optind; else the exit status: all is said. */
int command_line_read(const struct command_line *l, int argc, char **argv, void *into) _must_check_;

/* Columns of UTF-8 text. */
int text_columns(const char *text);
