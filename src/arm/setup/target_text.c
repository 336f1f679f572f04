/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/setup/target_text.h"

#include <errno.h>
#include <string.h>

#include "arm/config/impl.h"

#define BEGIN "# lastword setup: begin; 'lastword setup --undo' takes this away"
#define END "# lastword setup: end"
#define WAS "#lastword-was# "
#define NO_NEWLINE "# lastword setup: the line before had no end"

struct line {
	const char *text;
	size_t len; /* without the newline */
};

static bool next_line(const char **at, const char *end, struct line *ret)
{
	const char *newline;

	if (*at >= end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at)) ?: end;
	*ret = (struct line){ *at, (size_t)(newline - *at) };
	*at = newline + 1;
	return true;
}

static bool is(const struct line *l, const char *text)
{
	return l->len == strlen(text) && memcmp(l->text, text, l->len) == 0;
}

static int put(struct buf *out, const struct line *l)
{
	int r = buf_append(out, l->text, l->len);

	return r < 0 ? r : buf_append(out, "\n", 1);
}

int target_text_remove(const char *text, size_t len, struct buf *ret)
{
	_cleanup_buf_ struct buf out = { 0 };
	const char *at = text, *end = text + len;
	bool inside = false, cut = false;
	struct line l;
	int r = buf_append(&out, "", 0);

	while (r == 0 && next_line(&at, end, &l)) {
		if (is(&l, BEGIN)) {
			inside = true;
		} else if (is(&l, END)) {
			inside = false;
		} else if (inside) {
			cut = cut || is(&l, NO_NEWLINE);
		} else if (l.len >= strlen(WAS) && memcmp(l.text, WAS, strlen(WAS)) == 0) {
			l.text += strlen(WAS);
			l.len -= strlen(WAS);
			r = put(&out, &l);
		} else {
			r = put(&out, &l);
		}
	}
	/* A file whose last line has no end stays such a one. */
	if (r == 0 && out.len && (cut || text[len - 1] != '\n'))
		out.data[--out.len] = '\0';
	if (r < 0)
		return r;
	*ret = out;
	out = (struct buf){ 0 };
	return 0;
}

/* The first word of a line, "" of a comment. */
static void directive(const struct line *l, char *word, size_t size)
{
	size_t from = 0, n = 0;

	while (from < l->len && strchr(" \t", l->text[from]))
		from++;
	while (from + n < l->len && n + 1 < size && !strchr(" \t#", l->text[from + n]))
		n++;
	memcpy(word, l->text + from, n);
	word[n] = '\0';
}

static bool cut_short(const struct buf *text)
{
	return text->len && text->data[text->len - 1] != '\n';
}

/* out ends with a newline; cut: its last line had none before. */
static int put_block(struct buf *out, const char *lines, bool cut)
{
	return buf_printf(out, BEGIN "\n%s%s" END "\n", cut ? NO_NEWLINE "\n" : "", lines);
}

/* The default, which kdump-utils installs, is nobody's word. */
static bool persons(const struct line *l, const char *word)
{
	static const char standard[] = "path /var/crash";

	if (strcmp(word, "path") == 0)
		return l->len != strlen(standard) || memcmp(l->text, standard, l->len) != 0;
	return config_is_target(word);
}

int target_conf_put(const char *text, size_t len, const char *lines, bool force, struct buf *ret,
		    struct error *e)
{
	_cleanup_buf_ struct buf plain = { 0 }, out = { 0 };
	int r = target_text_remove(text, len, &plain);
	const char *at = plain.data, *end = at + plain.len;
	struct line l;
	char word[32];

	for (unsigned number = 1; r == 0 && next_line(&at, end, &l); number++) {
		directive(&l, word, sizeof(word));
		if (persons(&l, word) && !force)
			return error_set(e, -EEXIST,
					 "kdump.conf:%u says '%.*s' already; --force replaces it",
					 number, (int)MIN(l.len, (size_t)200), l.text);
		if (strcmp(word, "path") == 0 || config_is_target(word))
			r = buf_append(&out, WAS, strlen(WAS));
		if (r == 0)
			r = put(&out, &l);
	}
	if (r == 0)
		r = put_block(&out, lines, cut_short(&plain));
	if (r < 0)
		return error_errno(e, r, "kdump.conf");
	*ret = out;
	out = (struct buf){ 0 };
	return 0;
}

int target_fstab_put(const char *text, size_t len, const char *line, struct buf *ret)
{
	_cleanup_buf_ struct buf out = { 0 };
	int r = target_text_remove(text, len, &out);
	bool cut = cut_short(&out);

	if (r == 0 && cut)
		r = buf_append(&out, "\n", 1);
	if (r == 0)
		r = put_block(&out, line, cut);
	if (r < 0)
		return r;
	*ret = out;
	out = (struct buf){ 0 };
	return 0;
}
