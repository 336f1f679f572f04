/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/module_note.h"

#include <stdio.h>
#include <string.h>

#define NOTES_LIMIT 64

/* Sizes of the name and of what follows it, type 3, "GNU". */
static bool read_note(const struct object_source *s, uint64_t addr,
		      char ret[2 * MODULE_BUILD_ID_SIZE + 1])
{
	static const uint8_t header[] = {
		4, 0, 0, 0, MODULE_BUILD_ID_SIZE, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0
	};
	uint8_t note[sizeof(header) + MODULE_BUILD_ID_SIZE];

	if (kernel_read(s->reader, addr, note, sizeof(note), NULL) < 0 ||
	    memcmp(note, header, sizeof(header)) != 0)
		return false;
	for (size_t i = 0; i < MODULE_BUILD_ID_SIZE; i++)
		sprintf(ret + 2 * i, "%02x", note[sizeof(header) + i]);
	return true;
}

void module_read_build_id(const struct object_source *s, uint64_t module,
			  char ret[2 * MODULE_BUILD_ID_SIZE + 1])
{
	struct object o, notes, attrs;
	struct type_member first;
	uint64_t addr, size;

	if (object_at(s, "module", module, &o, NULL) < 0 ||
	    object_follow(s, &o, "notes_attrs->", &notes, NULL) < 0 ||
	    !types_member(s->types, "module_notes_attrs.attrs", &first) ||
	    !types_size(s->types, "bin_attribute", &size))
		return;
	/* an array without length; what is behind its end fails to be a note */
	for (unsigned i = 0; i < NOTES_LIMIT; i++)
		if (object_at(s, "bin_attribute", notes.addr + first.offset + i * size, &attrs,
			      NULL) < 0 ||
		    object_number(s, &attrs, "private", &addr, NULL) < 0 || addr == 0 ||
		    read_note(s, addr, ret))
			return;
}
