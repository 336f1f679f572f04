/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/report_write.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define INDENT 2
#define GAP 2
#define COLUMNS_MAX 16

struct writer {
	const struct document *d;
	struct buf *out;
	int r;
	unsigned depth;
};

static _printf_(2, 3) void put(struct writer *w, const char *fmt, ...)
{
	char line[4 * 1024 + 256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (w->r == 0 && n > 0)
		w->r = buf_append(w->out, line, MIN((size_t)n, sizeof(line) - 1));
}

const char *report_fact(const struct document *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++)
		if (d->items[i].kind == ITEM_FACT && d->items[i].type == COLUMN_TEXT &&
		    d->items[i].name && strcmp(d->items[i].name, name) == 0)
			return d->items[i].value.text ?: "";
	return "";
}

static void put_indent(struct writer *w)
{
	put(w, "%*s", (int)(INDENT * (1 + w->depth)), "");
}

static void put_heading(struct writer *w, const char *title)
{
	put(w, "%s%s\n", w->out->len ? "\n" : "", title);
	for (size_t i = 0; i < strlen(title); i++)
		put(w, "-");
	put(w, "\n");
}

/* Facts that follow each other are aligned on the longest label among them. Returns how many items. */
static size_t put_facts(struct writer *w, size_t first)
{
	const struct item *items = w->d->items;
	char number[CELL_NUMBER_SIZE];
	size_t end = first, widest = 0;

	for (; end < w->d->count && items[end].kind == ITEM_FACT; end++)
		if (items[end].label)
			widest = MAX(widest, strlen(items[end].label));
	for (size_t i = first; i < end; i++) {
		if (!items[i].label)
			continue;
		put_indent(w);
		put(w, "%-*s", (int)(widest + GAP), items[i].label);
		put(w, "%s\n", cell_text(items[i].type, &items[i].value, number));
	}
	return end - first;
}

static void put_cell(struct writer *w, const char *word, size_t width, bool number, bool last)
{
	if (last && !number)
		put(w, "%s", word);
	else
		put(w, "%*s%*s", number ? (int)width : -(int)width, word, last ? 0 : GAP, "");
}

static void put_row(struct writer *w, const struct item *table, const struct item *row,
		    const size_t *widths, size_t count)
{
	char number[CELL_NUMBER_SIZE];
	size_t last = 0;

	/* no blanks at the end of a line */
	for (size_t i = 0; i < count; i++)
		if (table->columns[i].heading &&
		    *(row ? cell_text(table->columns[i].kind, &row->cells[i], number)
			  : table->columns[i].heading))
			last = i;
	put_indent(w);
	for (size_t i = 0; i <= last && i < count; i++) {
		const struct column *c = &table->columns[i];

		if (c->heading)
			put_cell(w, row ? cell_text(c->kind, &row->cells[i], number) : c->heading,
				 widths[i], c->kind == COLUMN_UINT || c->kind == COLUMN_INT,
				 i == last);
	}
	put(w, "\n");
}

/* A table and the rows behind it. */
static size_t put_table(struct writer *w, size_t first)
{
	const struct item *table = &w->d->items[first];
	size_t count = MIN(table->count, (size_t)COLUMNS_MAX), end = first + 1;
	size_t widths[COLUMNS_MAX] = { 0 };
	char number[CELL_NUMBER_SIZE];
	bool headed = false;

	while (end < w->d->count && w->d->items[end].kind == ITEM_ROW)
		end++;
	for (size_t c = 0; c < count; c++) {
		const char *heading = table->columns[c].heading;

		widths[c] = heading ? strlen(heading) : 0;
		headed |= heading && *heading;
		for (size_t i = first + 1; i < end; i++) {
			const union cell *cell = &w->d->items[i].cells[c];

			widths[c] = MAX(widths[c],
					strlen(cell_text(table->columns[c].kind, cell, number)));
		}
	}
	if (table->label) {
		put_indent(w);
		put(w, "%s\n", table->label);
	}
	if (headed && end > first + 1)
		put_row(w, table, NULL, widths, count);
	for (size_t i = first + 1; i < end; i++)
		put_row(w, table, &w->d->items[i], widths, count);
	return end - first;
}

static void put_lines(struct writer *w, const struct item *item)
{
	const char *text = item->value.text ?: "";

	if (item->label) {
		put_indent(w);
		put(w, "%s\n", item->label);
	}
	while (*text) {
		size_t n = strcspn(text, "\n");

		put_indent(w);
		for (size_t done = 0; done < n;) {
			size_t some = MIN(n - done, (size_t)1024);

			put(w, "%.*s", (int)some, text + done);
			done += some;
		}
		put(w, "\n");
		text += n + (text[n] == '\n');
	}
}

static size_t put_item(struct writer *w, size_t at)
{
	const struct item *item = &w->d->items[at];

	switch (item->kind) {
	case ITEM_SECTION:
		put_heading(w, item->label);
		break;
	case ITEM_FACT:
		return put_facts(w, at);
	case ITEM_TABLE:
		return put_table(w, at);
	case ITEM_TEXT:
		put_lines(w, item);
		break;
	case ITEM_ENTRY:
		put_indent(w);
		put(w, "%s\n", item->label ?: "");
		w->depth++;
		break;
	case ITEM_ENTRY_END:
		w->depth -= w->depth > 0;
		break;
	case ITEM_NOTE:
	case ITEM_DAMAGE:
		put_indent(w);
		put(w, item->kind == ITEM_NOTE ? "%s\n" : "! %s\n", item->value.text ?: "");
		break;
	case ITEM_LIST:
		if (item->label) {
			put_indent(w);
			put(w, "%s\n", item->label);
		}
		break;
	case ITEM_ROW:
	case ITEM_LIST_END:
		break;
	}
	return 1;
}

int report_write_text(const struct document *d, size_t first, struct buf *out)
{
	struct writer w = { .d = d, .out = out, .r = d->error };

	for (size_t i = first; i < d->count && w.r == 0;)
		i += put_item(&w, i);
	return w.r;
}
