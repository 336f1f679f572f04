/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/slot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GRUBENV_SIZE 1024

/* Part of a file that is a command line; quote: what stands around it, 0 for nothing. */
struct span {
	size_t start, end;
	bool bare; /* a shell value without quotes */
};

int slots_add(struct slots *slots, struct slot slot)
{
	struct slot *list = NULL;
	int r = !slot.path ? -ENOMEM : slots->count == SLOTS_MAX ? -E2BIG : 0;

	if (r == 0) {
		list = realloc(slots->list, (slots->count + 1) * sizeof(*list));
		r = list ? 0 : -ENOMEM;
	}
	if (r < 0) {
		free(slot.path);
		free(slot.kernel);
		return r;
	}
	slots->list = list;
	list[slots->count++] = slot;
	return 0;
}

void slots_done(struct slots *slots)
{
	for (size_t i = 0; i < slots->count; i++) {
		free(slots->list[i].path);
		free(slots->list[i].kernel);
	}
	free(slots->list);
	*slots = (struct slots){ 0 };
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* [*start, return value) is the next word; start == end at the end. */
static size_t next_word(const char *line, size_t len, size_t *start)
{
	bool quoted = false;
	size_t at = *start;

	while (at < len && blank(line[at]))
		at++;
	*start = at;
	for (; at < len && (quoted || !blank(line[at])); at++)
		quoted ^= line[at] == '"';
	return at;
}

static bool word_is(const char *word, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n && memcmp(word, name, n) == 0 && word[n] == '=';
}

int words_find(const char *line, size_t len, const char *name, struct buf *ret)
{
	size_t start = 0, end;
	int r = 0;

	while (r == 0 && (end = next_word(line, len, &start)) > start) {
		if (word_is(line + start, end - start, name))
			r = buf_printf(ret, "%s%.*s", ret->len ? " " : "", (int)(end - start),
				       line + start);
		start = end;
	}
	return r;
}

/* "export GRUB_CMDLINE_LINUX+=" -> what is behind it, or NULL. */
static const char *behind_assignment(const char *line, const char *end, const char *keyword)
{
	size_t len = strlen(keyword);

	if (end - line > 7 && memcmp(line, "export ", 7) == 0)
		line += 7;
	if ((size_t)(end - line) <= len || memcmp(line, keyword, len) != 0)
		return NULL;
	line += len;
	line += *line == '+' && line + 1 < end;
	return *line == '=' ? line + 1 : NULL;
}

static bool shell_span(const char *line, const char *end, const char *keyword, const char *text,
		       struct span *ret)
{
	const char *value = behind_assignment(line, end, keyword), *stop;
	char quote;

	if (!value)
		return false;
	quote = value < end && (*value == '"' || *value == '\'') ? *value++ : 0;
	for (stop = value; stop < end && (quote ? *stop != quote : !blank(*stop) && *stop != '#');
	     stop++)
		stop += quote == '"' && *stop == '\\' && stop + 1 < end;
	*ret = (struct span){ (size_t)(value - text), (size_t)(stop - text), !quote };
	/* Pieces with quotes in the middle are not taken apart. */
	return quote || !(memchr(value, '"', (size_t)(stop - value)) ||
			  memchr(value, '\'', (size_t)(stop - value)));
}

static bool keyword_span(const char *line, const char *end, const char *keyword, const char *text,
			 struct span *ret)
{
	size_t len = strlen(keyword);

	if ((size_t)(end - line) <= len || strncasecmp(line, keyword, len) != 0 ||
	    !blank(line[len]))
		return false;
	line += len;
	while (line < end && blank(*line))
		line++;
	*ret = (struct span){ (size_t)(line - text), (size_t)(end - text), false };
	return true;
}

static bool line_span(const struct slot *slot, const char *line, const char *end, const char *text,
		      struct span *ret)
{
	if (slot->syntax != SLOT_GRUBENV && slot->syntax != SLOT_BINARY)
		while (line < end && blank(*line))
			line++;
	switch (slot->syntax) {
	case SLOT_SHELL:
		return shell_span(line, end, slot->keyword, text, ret);
	case SLOT_KEYWORD:
	case SLOT_APPEND:
		return keyword_span(line, end, slot->keyword, text, ret);
	case SLOT_GRUBENV:
		/* What has no line end is the filling. */
		line = *end == '\n' ? behind_assignment(line, end, slot->keyword) : NULL;
		break;
	case SLOT_WHOLE:
		line = line < end && *line != '#' ? line : NULL;
		break;
	case SLOT_BINARY:
		return false;
	}
	if (line)
		*ret = (struct span){ (size_t)(line - text), (size_t)(end - text), false };
	return line;
}

/* The next span at or behind *at, which is the start of a line. */
static bool next_span(const struct slot *slot, const struct buf *text, size_t *at, struct span *ret)
{
	while (*at < text->len) {
		const char *line = text->data + *at, *end;

		end = memchr(line, '\n', text->len - *at) ?: text->data + text->len;
		*at = (size_t)(end - text->data) + 1;
		if (line_span(slot, line, end, text->data, ret))
			return true;
	}
	return false;
}

static int binary_words(const struct buf *text, const char *name, struct buf *ret)
{
	size_t at = 0, n = strlen(name);
	int r = 0;

	while (r == 0 && at < text->len) {
		const char *word = memmem(text->data + at, text->len - at, name, n);
		size_t len;

		if (!word)
			break;
		len = strcspn(word, " \n");
		if (word_is(word, len, name))
			r = buf_printf(ret, "%s%.*s", ret->len ? " " : "", (int)len, word);
		at = (size_t)(word - text->data) + MAX(len, n);
	}
	return r;
}

int slot_words(const struct slot *slot, const struct buf *text, const char *name, struct buf *ret)
{
	struct span s;
	size_t at = 0;
	int r = 0;

	if (slot->syntax == SLOT_BINARY)
		return binary_words(text, name, ret);
	while (r == 0 && next_span(slot, text, &at, &s)) {
		_cleanup_buf_ struct buf words = { 0 };

		r = words_find(text->data + s.start, s.end - s.start, name, &words);
		if (r == 0 && words.len && !(ret->len && strcmp(ret->data, words.data) == 0))
			r = buf_printf(ret, "%s%s", ret->len ? " " : "", words.data);
	}
	return r;
}

/* Behind a quote that is not closed a word would be part of the quoted one. */
static bool is_open(const char *line, size_t len)
{
	bool quoted = false;

	for (size_t i = 0; i < len; i++)
		quoted ^= line[i] == '"';
	return quoted;
}

/* A blank goes with the word: the one before it, or at the start of the line the one behind. */
static int edit_line(const char *line, size_t len, const char *name, const char *words,
		     struct buf *out)
{
	size_t start = 0, end, done = 0, begin = out->len;
	int r = 0;

	if (words && is_open(line, len)) {
		r = buf_printf(out, "%s ", words);
		words = NULL;
	}
	while (r == 0 && (end = next_word(line, len, &start)) > start) {
		size_t stop = start;

		if (word_is(line + start, end - start, name)) {
			if (words) {
				r = buf_append(out, line + done, start - done);
				r = r == 0 ? buf_append(out, words, strlen(words)) : r;
				words = NULL;
				done = end;
			} else {
				stop -= start > done;
				r = buf_append(out, line + done, stop - done);
				done = end + (stop == start && end < len && blank(line[end]));
			}
		}
		start = end;
	}
	if (r == 0)
		r = buf_append(out, line + done, len - done);
	if (r == 0 && words)
		r = buf_printf(out, "%s%s", out->len > begin ? " " : "", words);
	return r;
}

/* Rows of '#' fill the block. */
static int edit_grubenv(struct buf *block)
{
	size_t len = block->len;

	while (len && block->data[len - 1] == '#')
		len--;
	if (len > GRUBENV_SIZE)
		return -E2BIG;
	block->len = len;
	while (block->len < GRUBENV_SIZE) {
		int r = buf_append(block, "#", 1);

		if (r < 0)
			return r;
	}
	return 0;
}

static int edit_spans(const struct slot *slot, const struct buf *text, const char *name,
		      const char *words, size_t last, struct buf *out)
{
	size_t at = 0, done = 0;
	struct span s;
	int r = 0;

	for (size_t i = 0; r == 0 && next_span(slot, text, &at, &s); i++) {
		const char *here = i == last || slot->syntax == SLOT_APPEND ? words : NULL;
		bool quotes = s.bare && here;

		r = buf_append(out, text->data + done, s.start - done);
		if (r == 0 && quotes)
			r = buf_append(out, "\"", 1);
		if (r == 0)
			r = edit_line(text->data + s.start, s.end - s.start, name, here, out);
		if (r == 0 && quotes)
			r = buf_append(out, "\"", 1);
		done = s.end;
	}
	return r == 0 ? buf_append(out, text->data + done, text->len - done) : r;
}

/* At the start, since a last line may have no end. */
static int edit_without_span(const struct slot *slot, const struct buf *text, const char *words,
			     struct buf *out)
{
	int r = 0;

	if (words && slot->syntax == SLOT_SHELL)
		r = buf_printf(out, "# Added by lastword setup.\n%s=\"%s\"\n", slot->keyword,
			       words);
	else if (words && slot->syntax == SLOT_WHOLE)
		r = buf_printf(out, "%s\n", words);
	else if (words && slot->syntax == SLOT_KEYWORD)
		r = buf_printf(out, "%s %s\n", slot->keyword, words);
	return r == 0 ? buf_append(out, text->data, text->len) : r;
}

int slot_edit(const struct slot *slot, const struct buf *text, const char *name, const char *words,
	      struct buf *ret)
{
	_cleanup_buf_ struct buf out = { 0 };
	size_t at = 0, count = 0;
	struct span s;
	int r;

	while (next_span(slot, text, &at, &s))
		count++;
	r = count ? edit_spans(slot, text, name, words, count - 1, &out)
		  : edit_without_span(slot, text, words, &out);
	if (r == 0 && slot->syntax == SLOT_GRUBENV)
		r = edit_grubenv(&out);
	if (r < 0)
		return r;
	*ret = out;
	out = (struct buf){ 0 };
	return 0;
}
