/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/table.h"

#include <inttypes.h>
#include <string.h>

const char *cell_text(enum column_kind kind, const union cell *cell, char number[CELL_NUMBER_SIZE])
{
	switch (kind) {
	case COLUMN_TEXT:
		return cell->text ? cell->text : "";
	case COLUMN_BOOL:
		return cell->yes ? "yes" : "no";
	case COLUMN_UINT:
		snprintf(number, CELL_NUMBER_SIZE, "%" PRIu64, cell->n);
		break;
	case COLUMN_INT:
		snprintf(number, CELL_NUMBER_SIZE, "%" PRId64, cell->i);
		break;
	case COLUMN_HEX:
		snprintf(number, CELL_NUMBER_SIZE, "%" PRIx64, cell->n);
		break;
	case COLUMN_ADDRESS:
		snprintf(number, CELL_NUMBER_SIZE, "%016" PRIx64, cell->n);
		break;
	}
	return number;
}

/* The last word of a line is not filled up with blanks. */
static void print_word(const struct table *t, const char *word, int width, bool first, bool last)
{
	if (last && width < 0)
		width = 0;
	fprintf(t->out, "%s%*s%s", first ? "" : "  ", width, word, last ? "\n" : "");
}

static size_t last_shown(const struct table *t)
{
	size_t last = 0;

	for (size_t i = 0; i < t->count; i++)
		if (t->columns[i].heading)
			last = i;
	return last;
}

void table_begin(struct table *t, const struct column *columns, size_t count, FILE *out,
		 struct json *json)
{
	bool any = false, first = true;

	*t = (struct table){ columns, count, out, json };
	for (size_t i = 0; i < count; i++)
		any |= columns[i].heading && *columns[i].heading;
	if (json || !any)
		return;
	for (size_t i = 0; i < count; i++) {
		if (!columns[i].heading)
			continue;
		print_word(t, columns[i].heading, columns[i].width, first, i == last_shown(t));
		first = false;
	}
}

void cell_json(enum column_kind kind, const union cell *cell, struct json *j)
{
	switch (kind) {
	case COLUMN_TEXT:
		json_string(j, cell->text);
		break;
	case COLUMN_BOOL:
		json_bool(j, cell->yes);
		break;
	case COLUMN_UINT:
		json_uint(j, cell->n);
		break;
	case COLUMN_INT:
		json_int(j, cell->i);
		break;
	case COLUMN_HEX:
	case COLUMN_ADDRESS:
		json_hex(j, cell->n);
		break;
	}
}

static void json_member(struct json *j, const struct column *column, const union cell *cell)
{
	if (!column->name)
		return;
	json_name(j, column->name);
	cell_json(column->kind, cell, j);
}

void table_row(const struct table *t, const union cell *cells)
{
	char number[CELL_NUMBER_SIZE];
	bool first = true;

	if (t->json) {
		json_object(t->json);
		for (size_t i = 0; i < t->count; i++)
			json_member(t->json, &t->columns[i], &cells[i]);
		json_object_end(t->json);
		return;
	}
	for (size_t i = 0; i < t->count; i++) {
		if (!t->columns[i].heading)
			continue;
		print_word(t, cell_text(t->columns[i].kind, &cells[i], number), t->columns[i].width,
			   first, i == last_shown(t));
		first = false;
	}
}
