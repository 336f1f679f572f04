/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/report_write.h"

#include <string.h>

/* A value without blanks of this length or more is an id: one click selects it. */
#define ID_LENGTH 16

/* No scripts and nothing from elsewhere: should a value ever get through, the policy stops what it asks for. */
static const char head[] =
	"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	"'unsafe-inline'\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n";

static const char style[] =
	"<style>\n"
	":root{--ink:#1c2024;--soft:#60646c;--paper:#fcfcfd;--card:#fff;--line:#e0e1e6;"
	"--mark:#b42318;--wash:#fef3f2;--code:#f4f5f7;--link:#1f5fbf}\n"
	"@media(prefers-color-scheme:dark){:root{--ink:#edeef0;--soft:#a0a4ad;--paper:#111317;"
	"--card:#191b20;--line:#2e3138;--mark:#ff9a8f;--wash:#2b1a1a;--code:#14161a;"
	"--link:#8ab8ff}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"
	"sans-serif}\n"
	"main{max-width:72rem;margin:0 auto;padding:2rem 1.25rem 4rem}\n"
	"header{border-left:4px solid var(--mark);padding:.1rem 0 .1rem 1rem;margin-bottom:1rem}\n"
	"header p{margin:0;color:var(--soft);font-size:.85rem}\n"
	"h1{font-size:1.45rem;line-height:1.3;margin:.1rem 0;overflow-wrap:anywhere;"
	"user-select:all}\n"
	"nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:1rem 0;font-size:.9rem}\n"
	"a{color:var(--link);text-decoration:none}a:hover{text-decoration:underline}\n"
	"section,details.s{background:var(--card);border:1px solid var(--line);border-radius:8px;"
	"margin:.75rem 0;padding:.75rem 1rem}\n"
	"summary{cursor:pointer;font-weight:600}\n"
	"details.e{border-top:1px solid var(--line);margin:.5rem 0 0;padding:.5rem 0 0}\n"
	"details.e>summary{font-weight:500}\n"
	"h3{font-size:.9rem;margin:1rem 0 .25rem;color:var(--soft);font-weight:600}\n"
	"dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.15rem 1.25rem;"
	"margin:.5rem 0}\n"
	"dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}\n"
	"pre,td,dd.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;"
	"font-size:.82rem}\n"
	"dd.id{user-select:all}\n"
	"pre{background:var(--code);border-radius:6px;padding:.75rem;margin:.5rem 0;"
	"overflow-x:auto;line-height:1.4}\n"
	".t{overflow-x:auto;margin:.5rem 0}table{border-collapse:collapse}\n"
	"th{text-align:left;color:var(--soft);font-weight:500;font-size:.8rem}\n"
	"th,td{padding:.1rem 1.25rem .1rem 0;white-space:nowrap}\n"
	"td.n,th.n{text-align:right}\n"
	".damage{background:var(--wash);color:var(--mark);border-radius:6px;padding:.4rem .75rem;"
	"margin:.5rem 0;overflow-wrap:anywhere}\n"
	".note{color:var(--soft);margin:.5rem 0;overflow-wrap:anywhere}\n"
	"@media(max-width:40rem){dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}\n"
	"@media print{body{background:#fff}nav{display:none}}\n"
	"</style>\n";

struct writer {
	const struct document *d;
	struct buf *out;
	int r;
};

static void put(struct writer *w, const char *markup)
{
	if (w->r == 0)
		w->r = buf_append(w->out, markup, strlen(markup));
}

/* The only way in for anything that is not written in this file. */
static void put_escaped(struct writer *w, const char *text)
{
	static const struct {
		char ch;
		const char *entity;
	} entities[] = {
		{ '&', "&amp;" },  { '<', "&lt;" },   { '>', "&gt;" },
		{ '"', "&quot;" }, { '\'', "&#39;" },
	};

	while (text && *text && w->r == 0) {
		size_t n = strcspn(text, "&<>\"'");

		w->r = buf_append(w->out, text, n);
		text += n;
		if (!*text)
			break;
		for (size_t i = 0; i < ARRAY_SIZE(entities); i++)
			if (entities[i].ch == *text)
				put(w, entities[i].entity);
		text++;
	}
}

static void put_element(struct writer *w, const char *open, const char *text, const char *close)
{
	put(w, open);
	put_escaped(w, text);
	put(w, close);
}

static void put_label(struct writer *w, const struct item *item)
{
	if (item->label)
		put_element(w, "<h3>", item->label, "</h3>\n");
}

static bool is_id(const struct item *item, const char *text)
{
	return item->type != COLUMN_TEXT ||
	       (strlen(text) >= ID_LENGTH && !text[strcspn(text, " ")]);
}

static size_t put_facts(struct writer *w, size_t first)
{
	const struct item *items = w->d->items;
	char number[CELL_NUMBER_SIZE];
	size_t at = first;

	put(w, "<dl>\n");
	for (; at < w->d->count && items[at].kind == ITEM_FACT; at++) {
		const char *text = cell_text(items[at].type, &items[at].value, number);

		/* the title is the page's heading */
		if (!items[at].label || (items[at].name && strcmp(items[at].name, "title") == 0))
			continue;
		put_element(w, "<dt>", items[at].label, "</dt>");
		put_element(w, is_id(&items[at], text) ? "<dd class=\"id\">" : "<dd>", text,
			    "</dd>\n");
	}
	put(w, "</dl>\n");
	return at - first;
}

static bool is_number(const struct column *c)
{
	return c->kind == COLUMN_UINT || c->kind == COLUMN_INT;
}

static size_t put_table(struct writer *w, size_t first)
{
	const struct item *table = &w->d->items[first];
	char number[CELL_NUMBER_SIZE];
	size_t at = first + 1;

	put_label(w, table);
	if (at == w->d->count || w->d->items[at].kind != ITEM_ROW)
		return 1;
	put(w, "<div class=\"t\"><table>\n<tr>");
	for (size_t c = 0; c < table->count; c++)
		if (table->columns[c].heading)
			put_element(w, is_number(&table->columns[c]) ? "<th class=\"n\">" : "<th>",
				    table->columns[c].heading, "</th>");
	put(w, "</tr>\n");
	for (; at < w->d->count && w->d->items[at].kind == ITEM_ROW; at++) {
		const struct item *row = &w->d->items[at];

		put(w, "<tr>");
		for (size_t c = 0; c < table->count; c++)
			if (table->columns[c].heading)
				put_element(
					w,
					is_number(&table->columns[c]) ? "<td class=\"n\">" : "<td>",
					cell_text(table->columns[c].kind, &row->cells[c], number),
					"</td>");
		put(w, "</tr>\n");
	}
	put(w, "</table></div>\n");
	return at - first;
}

static void put_fold(struct writer *w, const char *kind, const struct item *item)
{
	put(w, "<details class=\"");
	put(w, kind);
	put(w, "\"");
	if (item->name)
		put_element(w, " id=\"", item->name, "\"");
	put(w, item->folded ? ">" : " open>");
	put_element(w, "<summary>", item->label, "</summary>\n");
}

static size_t put_item(struct writer *w, size_t at)
{
	const struct item *item = &w->d->items[at];

	switch (item->kind) {
	case ITEM_FACT:
		return put_facts(w, at);
	case ITEM_TABLE:
		return put_table(w, at);
	case ITEM_TEXT:
		put_label(w, item);
		put_element(w, "<pre>", item->value.text, "</pre>\n");
		break;
	case ITEM_LIST:
		put_label(w, item);
		break;
	case ITEM_ENTRY:
		put_fold(w, "e", item);
		break;
	case ITEM_ENTRY_END:
		put(w, "</details>\n");
		break;
	case ITEM_NOTE:
		put_element(w, "<p class=\"note\">", item->value.text, "</p>\n");
		break;
	case ITEM_DAMAGE:
		put_element(w, "<p class=\"damage\">", item->value.text, "</p>\n");
		break;
	case ITEM_SECTION:
	case ITEM_ROW:
	case ITEM_LIST_END:
		break;
	}
	return 1;
}

static size_t section_end(const struct document *d, size_t at)
{
	while (at < d->count && d->items[at].kind != ITEM_SECTION)
		at++;
	return at;
}

/* The first section is the page's face and cannot be folded. */
static void put_sections(struct writer *w)
{
	const struct document *d = w->d;
	bool face = true;

	for (size_t at = section_end(d, 0); at < d->count && w->r == 0; face = false) {
		size_t end = section_end(d, at + 1);

		if (face)
			put(w, "<section>\n");
		else
			put_fold(w, "s", &d->items[at]);
		for (size_t i = at + 1; i < end;)
			i += put_item(w, i);
		put(w, face ? "</section>\n" : "</details>\n");
		at = end;
	}
}

static void put_links(struct writer *w)
{
	bool face = true;

	put(w, "<nav>\n");
	for (size_t i = 0; i < w->d->count; i++) {
		const struct item *item = &w->d->items[i];

		if (item->kind != ITEM_SECTION)
			continue;
		if (!face) {
			put_element(w, "<a href=\"#", item->name, "\">");
			put_element(w, "", item->label, "</a>\n");
		}
		face = false;
	}
	put(w, "</nav>\n");
}

int report_write_html(const struct document *d, struct buf *out)
{
	struct writer w = { .d = d, .out = out, .r = d->error };
	const char *title = report_fact(d, "title");

	put(&w, head);
	put_element(&w, "<title>", title, "</title>\n");
	put(&w, style);
	put(&w, "</head>\n<body>\n<main>\n<header><p>Report on a kernel crash</p>");
	put_element(&w, "<h1>", title, "</h1></header>\n");
	put_links(&w);
	put_sections(&w);
	put(&w, "</main>\n</body>\n</html>\n");
	return w.r;
}
