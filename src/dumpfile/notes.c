/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dumpfile/device_dump.h"
#include "dumpfile/format.h"

/* One for each CPU and a few; device dumps, which can have any size, stay in the container. */
#define NOTES_MAX 65536
#define NOTE_SIZE_MAX MIB(1)
#define NOTES_SIZE_MAX MIB(64)

/* Elf64_Nhdr and Elf32_Nhdr alike: name size, desc size, type; name and desc are padded to 4 bytes. */
#define NOTE_HEADER 12

static struct dump_note *note_new(struct dumpfile *d)
{
	struct dump_note *p;

	if (d->n_notes & (d->n_notes - 1))
		return &d->notes[d->n_notes];
	p = reallocarray(d->notes, d->n_notes ? d->n_notes * 2 : 1, sizeof(*p));
	if (!p)
		return NULL;
	d->notes = p;
	return &p[d->n_notes];
}

/* How much of a note's desc is kept in memory. */
static uint64_t kept_size(const char *name, size_t name_size, uint32_t type, uint64_t size)
{
	bool device = type == NT_VMCOREDD && name_size == 5 && memcmp(name, "LINUX", 5) == 0;

	return device ? MIN(size, (uint64_t)DEVICE_DUMP_NAME_SIZE) : size;
}

static int add(struct dumpfile *d, const char *name, size_t name_size, uint32_t type,
	       uint64_t offset, uint64_t whole)
{
	uint64_t size = kept_size(name, name_size, type, whole);
	struct dump_note *n;
	char *block;

	if (size > NOTE_SIZE_MAX || d->notes_size + size > NOTES_SIZE_MAX ||
	    d->n_notes == NOTES_MAX) {
		damage_add(d, "note '%.*s' of %llu bytes at offset %#llx: left out, too large",
			   (int)name_size, name, (unsigned long long)size,
			   (unsigned long long)offset);
		return 0;
	}
	n = note_new(d);
	block = malloc(size + name_size + 1);
	if (!n || !block) {
		free(block);
		return -ENOMEM;
	}
	if (!range_inside(offset, whole, d->source->size) ||
	    source_read(d->source, block, size, offset) < 0) {
		damage_add(d, "note '%.*s' at offset %#llx: lies outside the file", (int)name_size,
			   name, (unsigned long long)offset);
		free(block);
		return 0;
	}
	memcpy(block + size, name, name_size);
	block[size + name_size] = '\0';
	*n = (struct dump_note){
		.name = block + size,
		.type = type,
		.desc = block,
		.size = size,
		.offset = offset,
		.rest = whole - size,
	};
	d->n_notes++;
	d->notes_size += size;
	return 0;
}

int notes_add(struct dumpfile *d, const char *name, uint32_t type, uint64_t offset, uint64_t size)
{
	return add(d, name, strlen(name), type, offset, size);
}

int notes_parse(struct dumpfile *d, uint64_t offset, uint64_t size, bool big_endian)
{
	uint64_t at = 0;

	if (!range_inside(offset, 0, d->source->size)) {
		damage_add(d, "notes at offset %#llx: outside the file",
			   (unsigned long long)offset);
		return 0;
	}
	while (range_inside(at, NOTE_HEADER, size)) {
		uint8_t h[NOTE_HEADER];
		uint64_t name_size, desc_size, desc;
		uint32_t type;
		char name[64];
		int r;

		if (source_read(d->source, h, sizeof(h), offset + at) < 0) {
			damage_add(d, "notes at offset %#llx: the file ends there",
				   (unsigned long long)(offset + at));
			return 0;
		}
		name_size = big_endian ? be32_get(h) : le32_get(h);
		desc_size = big_endian ? be32_get(h + 4) : le32_get(h + 4);
		type = big_endian ? be32_get(h + 8) : le32_get(h + 8);
		/* The kernel leaves zeros behind the last one (fs/proc/vmcore.c). */
		if (!name_size && !desc_size && !type)
			return 0;
		desc = at + NOTE_HEADER + align_up(name_size, 4);
		if (!range_inside(desc, desc_size, size) || name_size > sizeof(name) ||
		    source_read(d->source, name, name_size, offset + at + NOTE_HEADER) < 0) {
			damage_add(d, "note at offset %#llx: runs past the notes' end",
				   (unsigned long long)(offset + at));
			return 0;
		}
		r = add(d, name, strnlen(name, name_size), type, offset + desc, desc_size);
		if (r < 0)
			return r;
		if (d->n_notes == NOTES_MAX)
			return 0;
		at = desc + align_up(desc_size, 4);
	}
	return 0;
}

uint32_t notes_page_size(const struct dumpfile *d)
{
	static const char key[] = "PAGESIZE=";
	const struct dump_note *n = dumpfile_note(d, "VMCOREINFO", UINT32_MAX);
	const char *text = n ? n->desc : NULL, *line;
	uint64_t v = 0;

	if (!n || n->size < sizeof(key))
		return 0;
	line = memmem(text, n->size, key, sizeof(key) - 1);
	if (!line || (line > text && line[-1] != '\n'))
		return 0;
	for (line += sizeof(key) - 1; line < text + n->size && *line >= '0' && *line <= '9'; line++)
		if (v <= UINT32_MAX)
			v = v * 10 + (uint64_t)(*line - '0');
	return v >= 4096 && v <= MIB(1) && (v & (v - 1)) == 0 ? (uint32_t)v : 0;
}
