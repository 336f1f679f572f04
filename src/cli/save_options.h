/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Command lines as tables: a row an option, what it fills or why it is refused.
 */
#include <stddef.h>

#include "base/error.h"

enum option_kind {
	OPTION_FLAG,	/* a bool */
	OPTION_WORD,	/* a const char * */
	OPTION_NUMBER,	/* a uint64_t, decimal, at most limit */
	OPTION_ADDRESS, /* a struct option_address, hexadecimal */
	OPTION_CHOICE,	/* an int that becomes limit */
	OPTION_CODEC,	/* an enum codec_id, by the letter or by name */
	OPTION_LEVELS,	/* a struct save_request's levels */
	OPTION_SIZE,	/* a uint64_t, bytes */
	OPTION_IGNORED, /* tells how to work, not what to do */
	OPTION_REFUSED, /* words say why */
};

struct option_address {
	uint64_t value;
	bool given;
};

struct option_row {
	const char *name; /* of the long form; NULL: none */
	char letter;	  /* 0: none */
	bool argument;
	enum option_kind kind;
	size_t field; /* offset of what is filled */
	uint64_t limit;
	const char *words;
};

#define OPTION_ROWS_MAX 64

/*
 * Fills into, whose shape the rows know. The first fault is returned, with words, but the flags behind it are still read: where messages
 * go depends on them. An option nobody knows is told by getopt itself. The operands begin at getopt's optind.
 */
int option_rows_parse(const struct option_row *rows, size_t count, int argc, char **argv,
		      void *into, struct error *e) _must_check_;
