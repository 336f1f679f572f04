/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/notes_write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define NOTE_HEADER 12

/* Enough for a few thousand CPUs; a hostile note cannot ask for more. */
#define MEMORY_LIMIT MIB(256)
/* A device's dump has a 32-bit size; all together stay below the 32-bit numbers of blocks in headers. */
#define TOTAL_LIMIT GIB(4)
#define CHUNK KIB(64)

uint64_t note_desc(const struct dump_note *n)
{
	return NOTE_HEADER + align_up(strlen(n->name) + 1, 4);
}

uint64_t note_size(const struct dump_note *n)
{
	return note_desc(n) + align_up(n->size + n->rest, 4);
}

int notes_measure(const struct dump_note *notes, size_t count, struct notes_size *ret,
		  struct error *e)
{
	struct notes_size size = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct dump_note *n = &notes[i];

		if (n->size > MEMORY_LIMIT || n->rest > TOTAL_LIMIT)
			return error_set(e, -E2BIG, "note %s: %llu bytes are too much to copy",
					 n->name, (unsigned long long)(n->size + n->rest));
		size.total += note_size(n);
		if (!n->rest)
			size.memory += note_size(n);
		if (size.memory > MEMORY_LIMIT || size.total > TOTAL_LIMIT)
			return error_set(e, -E2BIG, "notes: more than can be copied");
	}
	*ret = size;
	return 0;
}

/* Header and name, and what is in memory of desc. */
static void put(const struct dump_note *n, uint8_t *p)
{
	size_t name_size = strlen(n->name) + 1;

	le32_put(p, (uint32_t)name_size);
	le32_put(p + 4, (uint32_t)(n->size + n->rest));
	le32_put(p + 8, n->type);
	memcpy(p + NOTE_HEADER, n->name, name_size);
	if (n->size)
		memcpy(p + note_desc(n), n->desc, n->size);
}

void notes_put(const struct dump_note *notes, size_t count, uint8_t *to)
{
	for (size_t i = 0; i < count; i++) {
		if (notes[i].rest)
			continue;
		put(&notes[i], to);
		to += note_size(&notes[i]);
	}
}

static int stream(const struct dump_note *n, const struct dumpfile *d, struct sink *s, uint64_t at,
		  bool *ret_lost, struct error *e)
{
	uint64_t head = note_desc(n) + n->size;
	_cleanup_free_ uint8_t *chunk = calloc(1, MAX(head, CHUNK));
	int r;

	if (!chunk)
		return error_set(e, -ENOMEM, "out of memory for the notes");
	put(n, chunk);
	r = sink_write_at(s, chunk, head, at, e);
	for (uint64_t done = 0; done < n->rest && r >= 0; done += CHUNK) {
		size_t len = MIN(n->rest - done, CHUNK);

		memset(chunk, 0, CHUNK);
		if (dumpfile_note_read(d, n, n->size + done, chunk, len, NULL) < 0) {
			memset(chunk, 0, len);
			*ret_lost = true;
		}
		r = sink_write_at(s, chunk, align_up(len, 4), at + head + done, e);
	}
	return r;
}

int notes_stream(const struct dump_note *notes, size_t count, const struct dumpfile *d,
		 struct sink *s, uint64_t at, unsigned *ret_lost, struct error *e)
{
	int r = 0;

	*ret_lost = 0;
	for (size_t i = 0; i < count && r >= 0; i++) {
		bool lost = false;

		if (!notes[i].rest)
			continue;
		r = stream(&notes[i], d, s, at, &lost, e);
		at += note_size(&notes[i]);
		*ret_lost += lost;
	}
	return r;
}
