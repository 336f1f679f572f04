/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/lines.h"

#include <stdlib.h>
#include <string.h>

void lines_done(struct lines *l, struct budget *budget)
{
	budget_give(budget, l->size);
	free(l->data);
	*l = (struct lines){ 0 };
}

static void emit_kept(struct lines *l, struct budget *budget, bool cut, lines_emit emit, void *user)
{
	emit(user, l->data, l->len, cut);
	lines_done(l, budget);
}

static bool grow(struct lines *l, struct budget *budget, size_t len)
{
	size_t size = align_up(l->len + len, 256);
	char *data;

	if (size <= l->size)
		return true;
	if (!budget_take(budget, size - l->size))
		return false;
	data = realloc(l->data, size);
	if (!data) {
		budget_give(budget, size - l->size);
		return false;
	}
	l->data = data;
	l->size = size;
	return true;
}

/* A part of a line, with its end where `whole`. */
static void put_part(struct lines *l, struct budget *budget, const char *bytes, size_t len,
		     bool whole, lines_emit emit, void *user)
{
	if (l->len == 0 && whole) {
		emit(user, bytes, len, false);
		return;
	}
	if (l->len + len > LINES_MAX && l->len > 0)
		emit_kept(l, budget, true, emit, user);
	if (!grow(l, budget, len)) {
		if (l->len > 0)
			emit_kept(l, budget, true, emit, user);
		emit(user, bytes, len, !whole);
		return;
	}
	memcpy(l->data + l->len, bytes, len);
	l->len += len;
	if (whole)
		emit_kept(l, budget, false, emit, user);
}

void lines_put(struct lines *l, struct budget *budget, const char *bytes, size_t len, usec_t now,
	       lines_emit emit, void *user)
{
	while (len > 0) {
		const char *newline = memchr(bytes, '\n', len);
		size_t part = newline ? (size_t)(newline - bytes) : len;

		put_part(l, budget, bytes, part, newline, emit, user);
		part += newline != NULL;
		bytes += part;
		len -= part;
	}
	l->deadline = now + LINES_WAIT;
}

void lines_expire(struct lines *l, struct budget *budget, usec_t now, lines_emit emit, void *user)
{
	if (lines_deadline(l) <= now && l->len > 0)
		emit_kept(l, budget, true, emit, user);
}

usec_t lines_deadline(const struct lines *l)
{
	return l->len > 0 ? l->deadline : UINT64_MAX;
}
