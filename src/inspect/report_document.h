/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a report says, apart from how it looks: sections of facts, tables, lists and text. It is filled from the top down and
 * then written as text, JSON or HTML (report_write.h).
 *
 * Names are for programs, labels for people; NULL leaves out what only the other needs. Both are string constants. Values may
 * come from a hostile dump: they are copied, and every byte that is no printable ASCII becomes "\xHH", so that no writer and no
 * terminal meets one (newlines and tabs stay in texts). A failure to allocate sticks and is told by document_error().
 */
#include "base/table.h"

/* What one section may hold. More is left out and said. */
#define SECTION_BYTES KIB(256)
#define DOCUMENT_DEPTH 4

enum item_kind {
	ITEM_SECTION,
	ITEM_FACT,
	ITEM_TABLE,
	ITEM_ROW,
	ITEM_TEXT,
	ITEM_LIST, /* its entries are alike; each holds items */
	ITEM_ENTRY,
	ITEM_ENTRY_END,
	ITEM_LIST_END,
	ITEM_NOTE,
	ITEM_DAMAGE,
};

struct item {
	enum item_kind kind;
	const char *name,
		*label; /* a section's label is its title; an entry's is its heading, copied */
	enum column_kind type; /* of a fact */
	union cell value;      /* of a fact; text: TEXT, NOTE, DAMAGE */
	bool folded; /* SECTION, ENTRY: shown when asked for, where the output can do that */
	const struct column
		*columns;	 /* TABLE; a NULL name or heading as above; widths are not used */
	size_t count;		 /* of columns, or of a row's cells */
	const union cell *cells; /* ROW */
};

struct chunk;

struct document {
	struct item *items;
	size_t count, size;
	struct chunk *chunks; /* the copied values */
	size_t section_bytes; /* used by the section that is open */
	bool full;	      /* it has no room left, and said so */
	unsigned depth;	      /* of open lists and entries */
	unsigned skipped;     /* lists and entries that were opened when it was full */
	size_t columns;	      /* of the table that is open */
	const struct column *table;
	int error;
};

void document_done(struct document *d);
int document_error(const struct document *d);

/* Closes what is open. */
void document_section(struct document *d, const char *name, const char *title, bool folded);

void document_fact(struct document *d, const char *name, const char *label, const char *fmt, ...)
	_printf_(4, 5);
void document_number(struct document *d, const char *name, const char *label, enum column_kind kind,
		     uint64_t n);

/* Rows follow at once. */
void document_table(struct document *d, const char *name, const char *label,
		    const struct column *columns, size_t count);
void document_row(struct document *d, const union cell *cells);

/* Lines as they are. */
void document_text(struct document *d, const char *name, const char *label, const char *text,
		   size_t len);

void document_list(struct document *d, const char *name, const char *label);
void document_entry(struct document *d, bool folded, const char *fmt, ...) _printf_(3, 4);
void document_entry_end(struct document *d);
void document_list_end(struct document *d);

/* How many sections before the open one are without damage. */
void document_whole_sections(const struct document *d, size_t *ret_whole, size_t *ret_all);

/* A sentence. */
void document_note(struct document *d, const char *fmt, ...) _printf_(2, 3);
void document_damage(struct document *d, const char *fmt, ...) _printf_(2, 3);
