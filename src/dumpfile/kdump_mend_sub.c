/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "dumpfile/kdump_mend.h"

#define NOTE_HEADER 12
#define NOTES_MAX 65536

struct found {
	uint64_t size; /* of all notes */
	uint64_t vmcoreinfo, vmcoreinfo_size;
};

/* The notes of [start, end), as far as they make sense. */
static struct found find_notes(const struct source *s, uint64_t start, uint64_t end)
{
	static const char name[] = "VMCOREINFO";
	struct found f = { 0 };
	uint64_t at = start;

	for (unsigned i = 0; i < NOTES_MAX; i++) {
		uint8_t h[NOTE_HEADER + sizeof(name)];
		uint64_t name_size, size, desc;

		if (end - at < sizeof(h) || source_read(s, h, sizeof(h), at) < 0)
			break;
		name_size = le32_get(h);
		size = le32_get(h + 4);
		desc = at + NOTE_HEADER + align_up(name_size, 4);
		if (!name_size || !range_inside(desc, align_up(size, 4), end))
			break;
		if (name_size <= sizeof(name) &&
		    memcmp(h + NOTE_HEADER, name, sizeof(name) - 1) == 0) {
			f.vmcoreinfo = desc;
			f.vmcoreinfo_size = size;
		}
		at = desc + align_up(size, 4);
		f.size = at - start;
	}
	return f;
}

static void put(struct kdump_mended *m, unsigned at, uint64_t value)
{
	m->fixed_sub |= le64_get(m->sub + at) != value;
	le64_put(m->sub + at, value);
}

/* Are there notes where the header says? */
static bool notes_are_there(const struct partial *p, const struct kdump_mended *m)
{
	uint64_t at = le64_get(m->sub + KDUMP_SUB_NOTES),
		 size = le64_get(m->sub + KDUMP_SUB_NOTES_SIZE);

	return at >= m->page_size && range_inside(at, size, m->bitmap_offset) &&
	       find_notes(p->source, at, at + size).size;
}

static bool vmcoreinfo_is_there(const struct partial *p, const struct kdump_mended *m)
{
	static const char first[] = { 'O', 'S', 'R', 'E', 'L', 'E', 'A', 'S', 'E', '=' };
	uint64_t at = le64_get(m->sub + KDUMP_SUB_VMCOREINFO),
		 size = le64_get(m->sub + KDUMP_SUB_VMCOREINFO_SIZE);
	char text[sizeof(first)];

	return at >= m->page_size && size > sizeof(first) &&
	       range_inside(at, size, m->bitmap_offset) &&
	       source_read(p->source, text, sizeof(text), at) == 0 &&
	       memcmp(text, first, sizeof(first)) == 0;
}

void kdump_mend_sub(const struct partial *p, struct kdump_mended *m)
{
	uint64_t start = m->page_size + (uint64_t)sizeof(m->sub);
	struct found f = find_notes(p->source, start, m->bitmap_offset);
	uint32_t version = le32_get(m->header + KDUMP_HEADER_VERSION);

	if (source_read(p->source, m->sub, sizeof(m->sub), m->page_size) < 0)
		return;
	if (version >= 4 && f.size && !notes_are_there(p, m)) {
		put(m, KDUMP_SUB_NOTES, start);
		put(m, KDUMP_SUB_NOTES_SIZE, f.size);
	}
	if (version >= 3 && f.vmcoreinfo && !vmcoreinfo_is_there(p, m)) {
		put(m, KDUMP_SUB_VMCOREINFO, f.vmcoreinfo);
		put(m, KDUMP_SUB_VMCOREINFO_SIZE, f.vmcoreinfo_size);
	}
	if (version >= 6)
		put(m, KDUMP_SUB_MAX_MAPNR_64, m->max_pfn);
	/* That it is not split is said by a zero alone. */
	if (version >= 2 && m->first_pfn == 0 && m->end_pfn == m->max_pfn &&
	    le32_get(m->sub + KDUMP_SUB_SPLIT) > 1) {
		le32_put(m->sub + KDUMP_SUB_SPLIT, 0);
		m->fixed_sub = true;
	}
}
