/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/flat_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/search.h"

/* makedumpfile's records hold 64 KiB: this is 4 TiB of dump, and 1.5 GiB of index. */
#define PIECES_MAX ((size_t)1 << 26)

static uint64_t end_of(const struct flat_piece *p)
{
	return p->offset + p->size;
}

static bool is_power_of_two(size_t n)
{
	return (n & (n - 1)) == 0;
}

static int run_start(struct flat_index *x)
{
	if (is_power_of_two(x->n_runs)) {
		size_t *p = reallocarray(x->runs, x->n_runs ? x->n_runs * 2 : 1, sizeof(*p));

		if (!p)
			return -ENOMEM;
		x->runs = p;
	}
	x->runs[x->n_runs++] = x->n;
	return 0;
}

int flat_index_add(struct flat_index *x, struct flat_piece p)
{
	int r;

	if (x->n == PIECES_MAX)
		return -E2BIG;
	if (x->n == x->allocated) {
		size_t n = x->allocated ? x->allocated * 2 : 64;
		struct flat_piece *more = reallocarray(x->pieces, n, sizeof(*more));

		if (!more)
			return -ENOMEM;
		x->pieces = more;
		x->allocated = n;
	}
	if (!x->n || p.offset < end_of(&x->pieces[x->n - 1])) {
		r = run_start(x);
		if (r < 0)
			return r;
	}
	x->pieces[x->n++] = p;
	return 0;
}

/* The part of p in [start, end). */
static struct flat_piece part(const struct flat_piece *p, uint64_t start, uint64_t end)
{
	return (struct flat_piece){ start, end - start, p->position + (start - p->offset) };
}

/*
 * Lays the run of later pieces over that of earlier ones. out has room for all of the earlier, and two for each of
 * the later: a later piece cuts at most one of the earlier in two. Returns how many.
 */
static size_t overlay(const struct flat_piece *earlier, size_t n_earlier,
		      const struct flat_piece *later, size_t n_later, struct flat_piece *out)
{
	uint64_t covered = 0; /* of the earlier, by the later */
	size_t n = 0, k = 0;

	for (size_t i = 0; i < n_earlier; i++) {
		const struct flat_piece *p = &earlier[i];
		uint64_t at = MAX(p->offset, covered);

		/* Each later piece that starts before the end of p: what of p shows before it, then itself. */
		while (k < n_later && later[k].offset < end_of(p)) {
			if (at < later[k].offset)
				out[n++] = part(p, at, later[k].offset);
			covered = end_of(&later[k]);
			at = MAX(at, covered);
			out[n++] = later[k++];
		}
		if (at < end_of(p))
			out[n++] = part(p, at, end_of(p));
	}
	while (k < n_later)
		out[n++] = later[k++];
	return n;
}

/* Joins runs two by two in stream order until one is left. */
static int overlay_round(struct flat_index *x)
{
	size_t n = 0, n_runs = 0;
	struct flat_piece *out;

	/* Each pair makes at most twice its later run more. */
	out = reallocarray(NULL, x->n * 2, sizeof(*out));
	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < x->n_runs; i += 2) {
		size_t first = x->runs[i];
		size_t second = i + 1 < x->n_runs ? x->runs[i + 1] : x->n;
		size_t end = i + 2 < x->n_runs ? x->runs[i + 2] : x->n;

		x->runs[n_runs++] = n;
		n += overlay(x->pieces + first, second - first, x->pieces + second, end - second,
			     out + n);
	}
	free(x->pieces);
	x->pieces = out;
	x->allocated = x->n * 2;
	x->n = n;
	x->n_runs = n_runs;
	return 0;
}

int flat_index_finish(struct flat_index *x)
{
	int r = 0;

	while (r == 0 && x->n_runs > 1)
		r = overlay_round(x);
	free(x->runs);
	x->runs = NULL;
	x->n_runs = 0;
	return r;
}

size_t flat_index_find(const struct flat_index *x, uint64_t offset)
{
	return search_first(i, x->n, end_of(&x->pieces[i]) > offset);
}

void flat_index_done(struct flat_index *x)
{
	free(x->pieces);
	free(x->runs);
	*x = (struct flat_index){ 0 };
}
