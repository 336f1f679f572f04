/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Rows of equal columns, written once for people and for programs: lines of text, or JSON objects in the array that is open. */
#include <stdio.h>

#include "base/json.h"

enum column_kind {
	COLUMN_TEXT,
	COLUMN_UINT,
	COLUMN_INT,
	COLUMN_HEX,	/* "1f", JSON "0x1f" */
	COLUMN_ADDRESS, /* 16 digits, JSON "0x…" */
	COLUMN_BOOL,	/* text "yes" and "no" */
};

struct column {
	const char
		*name; /* in JSON: lower_case, with the unit ("size_kib"); NULL: only text has it */
	const char *heading; /* of the text's column; NULL: only JSON has it */
	enum column_kind kind;
	int width; /* as printf's: negative is left-aligned, 0 as wide as the value */
};

/* Each cell is of its column's kind. A text NULL is "" and JSON null. */
union cell {
	const char *text;
	uint64_t n;
	int64_t i;
	bool yes;
};

struct table {
	const struct column *columns;
	size_t count;
	FILE *out;
	struct json *json; /* NULL: text */
};

/* Writes the line of headings, where it is text and a column has one that is not "". */
void table_begin(struct table *t, const struct column *columns, size_t count, FILE *out,
		 struct json *json);

/* cells: as many as columns. Blanks at the end of the line are not written. */
void table_row(const struct table *t, const union cell *cells);

/* A cell's value as text: its own, or written into `number`. */
#define CELL_NUMBER_SIZE 24
const char *cell_text(enum column_kind kind, const union cell *cell, char number[CELL_NUMBER_SIZE]);

/* The same in JSON. */
void cell_json(enum column_kind kind, const union cell *cell, struct json *j);
