/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/source_flat.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "dumpfile/flat.h"
#include "dumpfile/flat_index.h"

struct source_flat {
	struct source source;
	struct source *inner;
	struct flat_index index;
	struct flat_tail tail;
};

static int flat_read(const struct source *s, void *buf, size_t len, uint64_t offset)
{
	const struct source_flat *f = (const struct source_flat *)s;
	size_t i = flat_index_find(&f->index, offset);
	uint64_t end = offset + len;
	uint8_t *out = buf;

	while (offset < end) {
		const struct flat_piece *p = i < f->index.n ? &f->index.pieces[i] : NULL;
		uint64_t next = p ? MIN(end, p->offset) : end, n;
		int r;

		if (offset < next) {
			memset(out, 0, next - offset);
			out += next - offset;
			offset = next;
			continue;
		}
		n = MIN(end, p->offset + p->size) - offset;
		r = source_read(f->inner, out, n, p->position + (offset - p->offset));
		if (r < 0)
			return r;
		out += n;
		offset += n;
		i++;
	}
	return 0;
}

static size_t flat_lend(struct source *s, struct source_window *w, uint64_t offset, size_t want,
			const void **ret)
{
	struct source_flat *f = (struct source_flat *)s;
	size_t i = flat_index_find(&f->index, offset);
	const struct flat_piece *p;

	if (i == f->index.n)
		return 0;
	p = &f->index.pieces[i];
	if (offset < p->offset)
		return 0;
	return source_lend(f->inner, w, p->position + (offset - p->offset),
			   (size_t)MIN(want, p->offset + p->size - offset), ret);
}

static void flat_scattered(struct source *s, bool on)
{
	source_scattered(((struct source_flat *)s)->inner, on);
}

static void flat_forget(struct source *s)
{
	source_forget(((struct source_flat *)s)->inner);
}

static void flat_close(struct source *s)
{
	struct source_flat *f = (struct source_flat *)s;

	flat_index_done(&f->index);
	source_close(f->inner);
	free(f);
}

static const struct source_ops flat_ops = {
	.read = flat_read,
	.lend = flat_lend,
	.scattered = flat_scattered,
	.forget = flat_forget,
	.close = flat_close,
};

int source_flat_probe(const struct source *s)
{
	uint8_t header[FLAT_HEADER_SIZE];
	int r = source_read(s, header, sizeof(header), 0);

	if (r == -ENODATA)
		return 0;
	return r < 0 ? r : flat_header_is(header);
}

/* Does the seal of the header stand behind the end marker, too? A stream without one is whole as it is. */
static bool seal_matches(const struct source_flat *f, uint64_t at)
{
	uint8_t end[FLAT_SEAL_SIZE];

	return !f->tail.sealed || (source_read(f->inner, end, sizeof(end), at) == 0 &&
				   memcmp(end, f->tail.seal, sizeof(end)) == 0);
}

static void seal_find(struct source_flat *f)
{
	uint8_t header[FLAT_HEADER_SIZE];
	const uint8_t *seal;

	if (source_read(f->inner, header, sizeof(header), 0) < 0)
		return;
	seal = flat_header_seal(header);
	f->tail.sealed = seal != NULL;
	if (seal)
		memcpy(f->tail.seal, seal, sizeof(f->tail.seal));
}

/* All records up to the end marker, to a broken one, or as far as the file goes. */
static int scan(struct source_flat *f, bool *ret_complete)
{
	const struct source *s = f->inner;
	uint64_t at = FLAT_HEADER_SIZE;

	*ret_complete = false;
	seal_find(f);
	for (;;) {
		uint8_t head[FLAT_RECORD_SIZE];
		struct flat_record rec;
		uint64_t there;
		int r;

		f->tail.end = at;
		if (source_read(s, head, sizeof(head), at) < 0)
			return 0;
		at += sizeof(head);
		switch (flat_record_parse(head, &rec)) {
		case FLAT_END:
			*ret_complete = seal_matches(f, at);
			return 0;
		case FLAT_BROKEN:
			return 0;
		case FLAT_DATA:
			break;
		}
		there = MIN(rec.size, s->size - at);
		if (!there)
			return 0;
		r = flat_index_add(&f->index, (struct flat_piece){ rec.offset, there, at });
		if (r < 0)
			return r;
		f->source.size = MAX(f->source.size, rec.offset + there);
		if (there < rec.size) {
			f->tail.cut = f->tail.end;
			f->tail.cut_size = there;
		}
		at += there;
	}
}

struct flat_tail source_flat_tail(const struct source *s)
{
	return ((const struct source_flat *)s)->tail;
}

int source_flat_new(struct source *inner, struct source **ret, bool *ret_complete, struct error *e)
{
	struct source_flat *f = calloc(1, sizeof(*f));
	bool complete = false;
	int r;

	if (!f)
		return error_set(e, -ENOMEM, "out of memory");
	f->source = (struct source){ .ops = &flat_ops, .file_size = inner->file_size };
	f->inner = inner;
	r = scan(f, &complete);
	if (r == 0)
		r = flat_index_finish(&f->index);
	if (r < 0) {
		flat_index_done(&f->index);
		free(f);
		return error_errno(e, r, "index of the flattened file's records");
	}
	*ret_complete = complete;
	*ret = &f->source;
	return 0;
}
