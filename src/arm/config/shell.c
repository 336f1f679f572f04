/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/config/shell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LETTERS UPPER "abcdefghijklmnopqrstuvwxyz_"
#define DIGITS "0123456789"

struct reader {
	const char *p;
	unsigned line;
	bool exporting; /* behind the word export */
	struct shell_file *file;
};

static size_t name_length(const char *p)
{
	return *p && strchr(LETTERS, *p) ? strspn(p, LETTERS DIGITS) : 0;
}

static int refuse(struct error *e, const char *what)
{
	return error_set(e, -EOPNOTSUPP,
			 "%s would need a shell; lastword reads assignments alone: NAME=\"value\"",
			 what);
}

static int add(struct shell_file *f, const char *name, size_t name_len, const char *value,
	       unsigned line)
{
	struct shell_assignment *items;
	struct shell_assignment a = { .line = line };

	if (f->count == SHELL_ASSIGNMENTS_MAX)
		return -E2BIG;
	items = reallocarray(f->items, f->count + 1, sizeof(*items));
	if (!items)
		return -ENOMEM;
	f->items = items;
	a.name = strndup(name, name_len);
	a.value = strdup(value);
	if (!a.name || !a.value) {
		free(a.name);
		free(a.value);
		return -ENOMEM;
	}
	items[f->count++] = a;
	return 0;
}

static const char *find(const struct shell_file *f, const char *name, size_t len)
{
	for (size_t i = f->count; i-- > 0;)
		if (strlen(f->items[i].name) == len && memcmp(f->items[i].name, name, len) == 0)
			return f->items[i].value;
	return NULL;
}

static int append(struct buf *value, const char *text, size_t len, struct error *e)
{
	int r = buf_append(value, text, len);

	return r < 0 ? error_errno(e, r, "a value") : 0;
}

/* p is at a $ that is not within single quotes. */
static int expand(struct reader *rd, bool quoted, struct buf *value, struct error *e)
{
	const char *name = rd->p + 1, *known;
	bool braces = *name == '{';
	size_t len = name_length(name + braces);

	if (len && (!braces || name[1 + len] == '}')) {
		known = find(rd->file, name + braces, len);
		if (!known)
			return error_set(e, -EOPNOTSUPP,
					 "$%.*s is not set before in this file; write what it "
					 "stands for",
					 (int)MIN(len, (size_t)60), name + braces);
		rd->p = name + len + (braces ? 2 : 0);
		return append(value, known, strlen(known), e);
	}
	if (braces)
		return refuse(e, "${…}");
	if (*name == '(')
		return refuse(e, "$(…)");
	if (*name && strchr(DIGITS "@*#?-$!", *name))
		return error_set(e, -EOPNOTSUPP,
				 "$%c means something to a shell; write \\$ for a dollar", *name);
	if (!quoted && (*name == '\'' || *name == '"'))
		return refuse(e, "$'…'");
	rd->p++;
	return append(value, "$", 1, e);
}

static int read_quoted(struct reader *rd, struct buf *value, struct error *e)
{
	unsigned line = rd->line;
	int r = 0;

	rd->p++;
	while (r == 0 && *rd->p != '"') {
		if (!*rd->p)
			return error_set(e, -EINVAL, "the quote of line %u does not end", line);
		if (*rd->p == '`')
			return refuse(e, "`…`");
		if (*rd->p == '$') {
			r = expand(rd, true, value, e);
			continue;
		}
		if (*rd->p == '\\' && rd->p[1] && strchr("$`\"\\\n", rd->p[1])) {
			rd->p++;
			if (*rd->p == '\n') {
				rd->line++;
				rd->p++;
				continue;
			}
		}
		rd->line += *rd->p == '\n';
		r = append(value, rd->p++, 1, e);
	}
	rd->p += r == 0;
	return r;
}

static int read_literal(struct reader *rd, struct buf *value, struct error *e)
{
	const char *start = rd->p + 1, *end = strchr(start, '\'');

	if (!end)
		return error_set(e, -EINVAL, "the quote of line %u does not end", rd->line);
	for (const char *p = start; p < end; p++)
		rd->line += *p == '\n';
	rd->p = end + 1;
	return append(value, start, (size_t)(end - start), e);
}

/* A home directory's short name stands at the beginning of a value or behind a colon. */
static bool is_home(const struct reader *rd, const char *start)
{
	return *rd->p == '~' && (rd->p == start || rd->p[-1] == ':');
}

/* One character outside quotes, or what begins with it. */
static int read_plain(struct reader *rd, const char *start, struct buf *value, struct error *e)
{
	char word[] = { *rd->p, '\0' };

	switch (*rd->p) {
	case '\'':
		return read_literal(rd, value, e);
	case '"':
		return read_quoted(rd, value, e);
	case '$':
		return expand(rd, false, value, e);
	case '`':
		return refuse(e, "`…`");
	case '\\':
		if (!rd->p[1])
			return error_set(e, -EINVAL, "nothing follows the last backslash");
		rd->p++;
		if (*rd->p == '\n') {
			rd->line++;
			rd->p++;
			return 0;
		}
		break;
	case '|':
	case '&':
	case '<':
	case '>':
	case '(':
	case ')':
		return refuse(e, word);
	case '{':
		if (rd->exporting)
			return refuse(e, "export with {");
		break;
	default:
		if (is_home(rd, start))
			return refuse(e, "~");
	}
	return append(value, rd->p++, 1, e);
}

static bool ends_word(char c)
{
	return !c || strchr(" \t\n;", c);
}

/* p is at a name. */
static int read_assignment(struct reader *rd, struct error *e)
{
	_cleanup_buf_ struct buf value = { .limit = SHELL_VALUE_MAX };
	const char *name = rd->p, *start, *before;
	size_t len = name_length(name);
	unsigned line = rd->line;
	bool adds = name[len] == '+';
	int r = 0;

	rd->p = start = name + len + adds + 1;
	before = adds ? find(rd->file, name, len) : NULL;
	if (before)
		r = append(&value, before, strlen(before), e);
	if (*rd->p == '(')
		return refuse(e, "an array");
	while (r == 0 && !ends_word(*rd->p))
		r = read_plain(rd, start, &value, e);
	if (r == 0 && add(rd->file, name, len, value.data ?: "", line) < 0)
		r = error_set(e, -E2BIG, "no room for more than %d assignments",
			      SHELL_ASSIGNMENTS_MAX);
	return r;
}

static int refuse_command(const char *p, struct error *e)
{
	return error_set(e, -EOPNOTSUPP,
			 "'%.*s' is a command, which needs a shell; lastword reads assignments "
			 "alone: NAME=\"value\"",
			 (int)MIN(MAX(strcspn(p, " \t\n;"), (size_t)1), (size_t)40), p);
}

/* A word of a command: an assignment, or the name of an exported variable. */
static int read_word(struct reader *rd, bool first, struct error *e)
{
	size_t len = name_length(rd->p);
	const char *behind = rd->p + len;

	if (len && (behind[0] == '=' || (behind[0] == '+' && behind[1] == '=')))
		return read_assignment(rd, e);
	if (len && *behind == '[')
		return refuse(e, "an array");
	if (first && len == 6 && memcmp(rd->p, "export", 6) == 0 && ends_word(*behind)) {
		rd->exporting = true;
		rd->p = behind;
		return 0;
	}
	if (rd->exporting && len && ends_word(*behind)) {
		rd->p = behind;
		return 0;
	}
	return refuse_command(rd->p, e);
}

static void skip_blanks(struct reader *rd)
{
	for (;; rd->p++) {
		if (rd->p[0] == '\\' && rd->p[1] == '\n') {
			rd->line++;
			rd->p++;
		} else if (*rd->p != ' ' && *rd->p != '\t') {
			return;
		}
	}
}

static int read_command(struct reader *rd, struct error *e)
{
	bool first = true;
	int r = 0;

	rd->exporting = false;
	for (; r == 0; first = false) {
		skip_blanks(rd);
		if (*rd->p == '#')
			rd->p += strcspn(rd->p, "\n");
		if (!*rd->p)
			return 0;
		if (*rd->p == '\n') {
			rd->line++;
			rd->p++;
			return 0;
		}
		if (*rd->p == ';') {
			rd->p++;
			return first ? refuse_command(";", e) : 0;
		}
		r = read_word(rd, first, e);
	}
	return r;
}

static int check_text(const char *text, size_t len, const char *name, struct error *e)
{
	unsigned line = 1;

	if (len > SHELL_SIZE_MAX || memchr(text, '\0', len))
		return error_set(e, -EINVAL, "%s: not a text file", name);
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < ' ' && c != '\t' && c != '\n') || c == 0x7f)
			return error_set(e, -EINVAL,
					 "%s:%u: a control character; is this a text file with "
					 "Unix line ends?",
					 name, line);
		line += c == '\n';
	}
	return 0;
}

int shell_parse(const char *text, size_t len, const char *name, struct shell_file *f,
		struct error *e)
{
	_cleanup_free_ char *copy = NULL;
	struct reader rd = { .line = 1, .file = f };
	int r = check_text(text, len, name, e);

	if (r < 0)
		return r;
	copy = strndup(text, len);
	if (!copy)
		return error_errno(e, -ENOMEM, "%s", name);
	rd.p = copy;
	while (r == 0 && *rd.p)
		r = read_command(&rd, e);
	return r < 0 ? error_prefix(e, r, "%s:%u", name, rd.line) : 0;
}

int shell_set(struct shell_file *f, const char *name, const char *value)
{
	return add(f, name, strlen(name), value, 0);
}

const struct shell_assignment *shell_find(const struct shell_file *f, const char *name)
{
	for (size_t i = f->count; i-- > 0;)
		if (strcmp(f->items[i].name, name) == 0)
			return &f->items[i];
	return NULL;
}

void shell_done(struct shell_file *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->items[i].name);
		free(f->items[i].value);
	}
	free(f->items);
	*f = (struct shell_file){ 0 };
}
