/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/report_write.h"

static size_t write_table(struct json *j, const struct document *d, size_t first)
{
	const struct item *table = &d->items[first];
	size_t at = first + 1;

	json_put_array(j, table->name);
	for (; at < d->count && d->items[at].kind == ITEM_ROW; at++) {
		json_object(j);
		for (size_t c = 0; c < table->count; c++) {
			if (!table->columns[c].name)
				continue;
			json_name(j, table->columns[c].name);
			cell_json(table->columns[c].kind, &d->items[at].cells[c], j);
		}
		json_object_end(j);
	}
	json_array_end(j);
	return at;
}

/* The sentences of one kind between first and end that are not in a list. */
static void write_sentences(struct json *j, const struct document *d, size_t first, size_t end,
			    enum item_kind kind, const char *name)
{
	unsigned depth = 0, found = 0;

	for (size_t i = first; i < end; i++) {
		const struct item *item = &d->items[i];

		depth += item->kind == ITEM_LIST;
		depth -= item->kind == ITEM_LIST_END;
		if (item->kind != kind || depth > 0)
			continue;
		if (found++ == 0)
			json_put_array(j, name);
		json_string(j, item->value.text);
	}
	if (found > 0)
		json_array_end(j);
}

static size_t write_members(struct json *j, const struct document *d, size_t first);

static size_t write_list(struct json *j, const struct document *d, size_t first)
{
	size_t at = first + 1;

	json_put_array(j, d->items[first].name);
	while (at < d->count && d->items[at].kind == ITEM_ENTRY) {
		json_object(j);
		at = write_members(j, d, at + 1);
		json_object_end(j);
		at += at < d->count && d->items[at].kind == ITEM_ENTRY_END;
	}
	json_array_end(j);
	return at + (at < d->count && d->items[at].kind == ITEM_LIST_END);
}

/* What is in a section or an entry, up to its end; the index of that. */
static size_t write_members(struct json *j, const struct document *d, size_t first)
{
	size_t at = first;

	while (at < d->count && d->items[at].kind != ITEM_SECTION &&
	       d->items[at].kind != ITEM_ENTRY_END) {
		const struct item *item = &d->items[at];

		if (item->kind == ITEM_TABLE) {
			at = write_table(j, d, at);
			continue;
		}
		if (item->kind == ITEM_LIST) {
			at = write_list(j, d, at);
			continue;
		}
		if ((item->kind == ITEM_FACT || item->kind == ITEM_TEXT) && item->name) {
			json_name(j, item->name);
			cell_json(item->kind == ITEM_TEXT ? COLUMN_TEXT : item->type, &item->value,
				  j);
		}
		at++;
	}
	write_sentences(j, d, first, at, ITEM_NOTE, "notes");
	write_sentences(j, d, first, at, ITEM_DAMAGE, "damage");
	return at;
}

int report_write_json(const struct document *d, struct buf *out)
{
	struct json j;

	if (d->error < 0)
		return d->error;
	json_document(&j, out, "lastword.report/1");
	json_put_object(&j, "sections");
	for (size_t i = 0; i < d->count;) {
		if (d->items[i].kind != ITEM_SECTION) {
			i++;
			continue;
		}
		json_put_object(&j, d->items[i].name);
		i = write_members(&j, d, i + 1);
		json_object_end(&j);
	}
	json_object_end(&j);
	json_object_end(&j);
	return json_end(&j);
}
