/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/report_document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE KIB(16)
#define LINE_SIZE 4096 /* of what is formatted: a value, a heading, a sentence */

/* Values are pointed to: what is in a chunk stays where it is. */
struct chunk {
	struct chunk *next;
	size_t used, size;
	char bytes[];
};

void document_done(struct document *d)
{
	while (d->chunks) {
		struct chunk *next = d->chunks->next;

		free(d->chunks);
		d->chunks = next;
	}
	free(d->items);
	*d = (struct document){ 0 };
}

int document_error(const struct document *d)
{
	return d->error;
}

static void *take_room(struct document *d, size_t size)
{
	struct chunk *c = d->chunks;

	size = align_up(size, sizeof(union cell));
	if (!c || c->size - c->used < size) {
		size_t room = MAX(size, CHUNK_SIZE - sizeof(*c));

		c = malloc(sizeof(*c) + room);
		if (!c) {
			d->error = -ENOMEM;
			return NULL;
		}
		*c = (struct chunk){ .next = d->chunks, .size = room };
		d->chunks = c;
	}
	c->used += size;
	return c->bytes + c->used - size;
}

/* Always room for it: closing and damage must not fail for a section's limit. */
static struct item *add_item(struct document *d, enum item_kind kind)
{
	if (d->error < 0)
		return NULL;
	if (d->count == d->size) {
		size_t size = d->size ? d->size * 2 : 128;
		struct item *grown = reallocarray(d->items, size, sizeof(*grown));

		if (!grown) {
			d->error = -ENOMEM;
			return NULL;
		}
		d->items = grown;
		d->size = size;
	}
	d->items[d->count] = (struct item){ .kind = kind };
	d->section_bytes += sizeof(struct item);
	return &d->items[d->count++];
}

static size_t visible_length(unsigned char ch, bool lines)
{
	return (ch >= ' ' && ch < 0x7f) || (lines && (ch == '\n' || ch == '\t')) ? 1 : 4;
}

/* Nothing but printable ASCII, and lines and tabs where they are wanted. */
static const char *copy_text(struct document *d, const char *text, size_t len, bool lines)
{
	static const char digits[] = "0123456789abcdef";
	size_t size = 1;
	char *to, *at;

	for (size_t i = 0; i < len; i++)
		size += visible_length((unsigned char)text[i], lines);
	to = take_room(d, size);
	if (!to)
		return NULL;
	at = to;
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)text[i];

		if (visible_length(ch, lines) == 1) {
			*at++ = (char)ch;
			continue;
		}
		*at++ = '\\';
		*at++ = 'x';
		*at++ = digits[ch >> 4];
		*at++ = digits[ch & 15];
	}
	*at = '\0';
	d->section_bytes += size;
	return to;
}

static void add_sentence(struct document *d, enum item_kind kind, const char *text)
{
	struct item *item = add_item(d, kind);
	const char *copy = item ? copy_text(d, text, strlen(text), false) : NULL;

	if (copy)
		item->value.text = copy;
}

/* Is there room for more? What is dropped is said once a section. */
static bool has_room(struct document *d)
{
	if (d->error < 0 || d->full)
		return false;
	if (d->section_bytes < SECTION_BYTES)
		return true;
	d->full = true;
	add_sentence(d, ITEM_DAMAGE, "more was found than this section shows");
	return false;
}

static _printf_(2, 0) const char *copy_format(struct document *d, const char *fmt, va_list ap)
{
	char line[LINE_SIZE];

	vsnprintf(line, sizeof(line), fmt, ap);
	return copy_text(d, line, strlen(line), false);
}

void document_whole_sections(const struct document *d, size_t *ret_whole, size_t *ret_all)
{
	size_t sections = 0, damaged = 0;
	bool counted = false;

	for (size_t i = 0; i < d->count; i++) {
		if (d->items[i].kind == ITEM_SECTION) {
			sections++;
			counted = false;
		} else if (d->items[i].kind == ITEM_DAMAGE && sections && !counted) {
			counted = true;
			damaged++;
		}
	}
	*ret_all = sections ? sections - 1 : 0;
	*ret_whole = *ret_all - MIN(counted ? damaged - 1 : damaged, *ret_all);
}

void document_section(struct document *d, const char *name, const char *title, bool folded)
{
	struct item *item;

	while (d->depth > 0) {
		struct item *end = add_item(d, d->depth % 2 == 0 ? ITEM_ENTRY_END : ITEM_LIST_END);

		d->depth--;
		if (!end)
			break;
	}
	d->depth = d->skipped = 0;
	d->full = false;
	d->section_bytes = 0;
	item = add_item(d, ITEM_SECTION);
	if (!item)
		return;
	item->name = name;
	item->label = title;
	item->folded = folded;
}

void document_fact(struct document *d, const char *name, const char *label, const char *fmt, ...)
{
	struct item *item = has_room(d) ? add_item(d, ITEM_FACT) : NULL;
	va_list ap;

	if (!item)
		return;
	item->name = name;
	item->label = label;
	item->type = COLUMN_TEXT;
	va_start(ap, fmt);
	item->value.text = copy_format(d, fmt, ap);
	va_end(ap);
}

void document_number(struct document *d, const char *name, const char *label, enum column_kind kind,
		     uint64_t n)
{
	struct item *item = has_room(d) ? add_item(d, ITEM_FACT) : NULL;

	if (!item)
		return;
	item->name = name;
	item->label = label;
	item->type = kind;
	if (kind == COLUMN_BOOL)
		item->value.yes = n;
	else
		item->value.n = n;
}

void document_table(struct document *d, const char *name, const char *label,
		    const struct column *columns, size_t count)
{
	struct item *item = has_room(d) ? add_item(d, ITEM_TABLE) : NULL;

	d->table = NULL;
	if (!item)
		return;
	item->name = name;
	item->label = label;
	item->columns = d->table = columns;
	item->count = d->columns = count;
}

void document_row(struct document *d, const union cell *cells)
{
	struct item *item = d->table && has_room(d) ? add_item(d, ITEM_ROW) : NULL;
	union cell *copy = item ? take_room(d, d->columns * sizeof(*copy)) : NULL;

	if (!copy)
		return;
	d->section_bytes += d->columns * sizeof(*copy);
	for (size_t i = 0; i < d->columns; i++) {
		copy[i] = cells[i];
		if (d->table[i].kind == COLUMN_TEXT && cells[i].text)
			copy[i].text = copy_text(d, cells[i].text, strlen(cells[i].text), false);
	}
	item->count = d->columns;
	item->columns = d->table;
	item->cells = copy;
}

void document_text(struct document *d, const char *name, const char *label, const char *text,
		   size_t len)
{
	struct item *item = has_room(d) ? add_item(d, ITEM_TEXT) : NULL;

	if (!item)
		return;
	item->name = name;
	item->label = label;
	item->value.text = copy_text(d, text, MIN(len, SECTION_BYTES), true);
}

/* What was opened when there was no room left is closed without a trace. */
static bool open_level(struct document *d, bool entry)
{
	bool fits = d->skipped == 0 && d->depth < DOCUMENT_DEPTH && (d->depth % 2 == 1) == entry;

	if (fits && has_room(d)) {
		d->depth++;
		return true;
	}
	d->skipped++;
	return false;
}

static void close_level(struct document *d, enum item_kind kind)
{
	if (d->skipped > 0) {
		d->skipped--;
	} else if (d->depth > 0) {
		d->depth--;
		(void)add_item(d, kind);
	}
}

void document_list(struct document *d, const char *name, const char *label)
{
	struct item *item = open_level(d, false) ? add_item(d, ITEM_LIST) : NULL;

	if (!item)
		return;
	item->name = name;
	item->label = label;
}

void document_entry(struct document *d, bool folded, const char *fmt, ...)
{
	struct item *item = open_level(d, true) ? add_item(d, ITEM_ENTRY) : NULL;
	va_list ap;

	if (!item)
		return;
	item->folded = folded;
	va_start(ap, fmt);
	item->label = copy_format(d, fmt, ap);
	va_end(ap);
}

void document_entry_end(struct document *d)
{
	close_level(d, ITEM_ENTRY_END);
}

void document_list_end(struct document *d)
{
	close_level(d, ITEM_LIST_END);
}

void document_note(struct document *d, const char *fmt, ...)
{
	char line[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (has_room(d))
		add_sentence(d, ITEM_NOTE, line);
}

void document_damage(struct document *d, const char *fmt, ...)
{
	char line[LINE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (d->section_bytes < 2 * SECTION_BYTES)
		add_sentence(d, ITEM_DAMAGE, line);
}
