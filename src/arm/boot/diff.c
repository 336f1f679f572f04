/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/boot/diff.h"

#include <errno.h>
#include <string.h>

#define CONTEXT 3

/* Texts that differ in more lines than this, one times the other, are shown as all new. */
#define CELLS_MAX ((size_t)1 << 22)

struct line {
	const char *text; /* with its line end */
	size_t len;
};

struct lines {
	struct line *list;
	size_t count;
};

/* What becomes of a line: ' ', '-' or '+'. */
struct step {
	char sign;
	const struct line *line;
	size_t old_at, new_at; /* counted from 0, before this line */
};

static int split(const struct buf *text, struct lines *ret)
{
	const char *at = text ? text->data : NULL, *end = at ? at + text->len : NULL;
	struct lines l = { 0 };

	for (const char *p = at; p < end; p++)
		l.count += *p == '\n' || p + 1 == end;
	l.list = calloc(l.count + 1, sizeof(*l.list));
	if (!l.list)
		return -ENOMEM;
	for (size_t i = 0; i < l.count; i++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		l.list[i] = (struct line){ at, (size_t)((stop ? stop + 1 : end) - at) };
		at += l.list[i].len;
	}
	*ret = l;
	return 0;
}

static bool same(const struct line *a, const struct line *b)
{
	return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
}

/* lengths[i][j]: the longest common subsequence of what begins at old line i and new line j. */
static unsigned *common_lengths(const struct lines *a, const struct lines *b)
{
	size_t width = b->count + 1;
	unsigned *table = (a->count + 1) * width > CELLS_MAX
				  ? NULL
				  : calloc((a->count + 1) * width, sizeof(*table));

	for (size_t i = a->count; table && i-- > 0;)
		for (size_t j = b->count; j-- > 0;)
			table[i * width + j] =
				same(&a->list[i], &b->list[j])
					? table[(i + 1) * width + j + 1] + 1
					: MAX(table[(i + 1) * width + j], table[i * width + j + 1]);
	return table;
}

static size_t find_steps(const struct lines *a, const struct lines *b, struct step *steps)
{
	_cleanup_free_ unsigned *table = common_lengths(a, b);
	size_t width = b->count + 1, i = 0, j = 0, n = 0;

	while (i < a->count || j < b->count) {
		struct step s = { .old_at = i, .new_at = j };

		if (i < a->count && j < b->count && table && same(&a->list[i], &b->list[j])) {
			s.sign = ' ';
			s.line = &a->list[i++];
			j++;
		} else if (i < a->count &&
			   (j == b->count || !table ||
			    table[(i + 1) * width + j] >= table[i * width + j + 1])) {
			s.sign = '-';
			s.line = &a->list[i++];
		} else {
			s.sign = '+';
			s.line = &b->list[j++];
		}
		steps[n++] = s;
	}
	return n;
}

static int write_step(const struct step *s, struct buf *out)
{
	bool whole = s->line->len && s->line->text[s->line->len - 1] == '\n';
	int r = buf_append(out, &s->sign, 1);

	if (r == 0)
		r = buf_append(out, s->line->text, s->line->len);
	if (r == 0 && !whole)
		r = buf_printf(out, "\n\\ No newline at end of file\n");
	return r;
}

/* Lines of one side of a hunk: where it begins and how many. An empty side is said to begin at the line before. */
static int write_side(char sign, const struct step *first, size_t count, struct buf *out)
{
	size_t lines = 0, start = sign == '-' ? first->old_at : first->new_at;

	for (size_t i = 0; i < count; i++)
		lines += first[i].sign == ' ' || first[i].sign == sign;
	return lines == 1 ? buf_printf(out, " %c%zu", sign, start + 1)
			  : buf_printf(out, " %c%zu,%zu", sign, lines ? start + 1 : start, lines);
}

static int write_hunk(const struct step *steps, size_t count, struct buf *out)
{
	int r = buf_printf(out, "@@");

	if (r == 0)
		r = write_side('-', steps, count, out);
	if (r == 0)
		r = write_side('+', steps, count, out);
	if (r == 0)
		r = buf_printf(out, " @@\n");
	for (size_t i = 0; i < count && r == 0; i++)
		r = write_step(&steps[i], out);
	return r;
}

/* The last step of the hunk that begins at a change: up to CONTEXT lines behind its last change. */
static size_t hunk_end(const struct step *steps, size_t at, size_t count)
{
	size_t last = at;

	for (; at < count && at <= last + 2 * CONTEXT; at++)
		if (steps[at].sign != ' ')
			last = at;
	return MIN(last + CONTEXT + 1, count);
}

static int write_hunks(const struct step *steps, size_t count, struct buf *out)
{
	for (size_t at = 0; at < count; at++) {
		size_t start, end;
		int r;

		if (steps[at].sign == ' ')
			continue;
		start = at > CONTEXT ? at - CONTEXT : 0;
		end = hunk_end(steps, at, count);
		r = write_hunk(steps + start, end - start, out);
		if (r < 0)
			return r;
		at = end - 1;
	}
	return 0;
}

static bool is_text(const struct buf *b)
{
	return !b || !b->len || !memchr(b->data, '\0', b->len);
}

int diff_write(const char *path, const struct buf *before, const struct buf *after, struct buf *out)
{
	_cleanup_free_ struct step *steps = NULL;
	_cleanup_free_ struct line *old_lines = NULL, *new_lines = NULL;
	struct lines a, b;
	int r;

	if (!is_text(before) || !is_text(after))
		return buf_printf(out, "%s: %zu bytes become %zu\n", path, before ? before->len : 0,
				  after ? after->len : 0);
	r = split(before, &a);
	if (r < 0)
		return r;
	old_lines = a.list;
	r = split(after, &b);
	if (r < 0)
		return r;
	new_lines = b.list;
	steps = calloc(a.count + b.count + 1, sizeof(*steps));
	if (!steps)
		return -ENOMEM;
	r = buf_printf(out, "--- %s\n+++ %s\n", before ? path : "/dev/null",
		       after ? path : "/dev/null");
	return r < 0 ? r : write_hunks(steps, find_steps(&a, &b, steps), out);
}
