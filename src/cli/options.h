/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Command lines as tables: a row an option, what it fills or why it is refused.
 */
#include <getopt.h>
#include <stddef.h>

#include "base/error.h"

enum option_kind {
	OPTION_FLAG,	/* a bool */
	OPTION_WORD,	/* a const char * */
	OPTION_NUMBER,	/* a uint64_t, decimal, at most limit */
	OPTION_ADDRESS, /* a struct option_address, hexadecimal */
	OPTION_CHOICE,	/* an int that becomes limit */
	OPTION_TAKE,	/* whatever take() fills */
	OPTION_IGNORED, /* tells how to work, not what to do */
	OPTION_REFUSED, /* words say why */
	OPTION_HELP,	/* ends the parsing */
};

struct option_address {
	uint64_t value;
	bool given;
};

struct option_row {
	const char *name; /* of the long form; NULL: none */
	char letter;	  /* 0: none */
	int argument;	  /* no_argument, required_argument, optional_argument */
	enum option_kind kind;
	size_t field; /* offset of what is filled */
	uint64_t limit;
	int (*take)(void *field, const char *word, struct error *e);
	const char *value; /* what help calls the argument */
	const char *words; /* for help; NULL: it does not show the row */
};

#define OPTION_ROWS_MAX 64

/* Rows that fill member f of a struct: by letter l and name n, with the words w of help. */
#define FLAG_ROW(type, f, l, n, w)                                                                 \
	{                                                                                          \
		.letter = (l), .name = (n), .kind = OPTION_FLAG, .field = offsetof(type, f),       \
		.words = (w)                                                                       \
	}
#define VALUE_ROW(type, f, k, l, n, v, w)                                                          \
	{                                                                                          \
		.letter = (l), .name = (n), .argument = required_argument, .kind = (k),            \
		.field = offsetof(type, f), .value = (v), .words = (w)                             \
	}
#define WORD_ROW(type, f, l, n, v, w) VALUE_ROW(type, f, OPTION_WORD, l, n, v, w)
#define TAKE_ROW(type, f, t, l, n, v, w)                                                           \
	{                                                                                          \
		.letter = (l), .name = (n), .argument = required_argument, .kind = OPTION_TAKE,    \
		.field = offsetof(type, f), .take = (t), .value = (v), .words = (w)                \
	}

/*
 * Fills into, whose shape the rows know. The first fault is returned, with words, but the flags behind it are still read: where messages
 * go depends on them. Where opterr is set getopt itself tells of an option that nobody knows. An operand ends the options where
 * `stops`. 1 where help was asked for before any fault. The operands begin at getopt's optind.
 */
int options_parse(const struct option_row *rows, size_t count, bool stops, int argc, char **argv,
		  void *into, struct error *e) _must_check_;
