/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dumpfile/device_dump.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"

#define CHUNK KIB(64)

bool device_dump_is(const struct dump_note *n)
{
	return n->type == NT_VMCOREDD && strcmp(n->name, "LINUX") == 0 &&
	       n->size >= DEVICE_DUMP_NAME_SIZE;
}

void device_dump_name(const struct dump_note *n, char ret[DEVICE_DUMP_NAME_SIZE + 1])
{
	memcpy(ret, n->desc, DEVICE_DUMP_NAME_SIZE);
	ret[DEVICE_DUMP_NAME_SIZE] = '\0';
}

uint64_t device_dump_size(const struct dump_note *n)
{
	return n->size + n->rest - DEVICE_DUMP_NAME_SIZE;
}

const struct dump_note *device_dump_at(const struct dumpfile *d, uint64_t index)
{
	const struct dump_note *notes;
	const size_t count = dumpfile_notes(d, &notes);

	for (size_t i = 0; i < count; i++)
		if (device_dump_is(&notes[i]) && index-- == 0)
			return &notes[i];
	return NULL;
}

int device_dump_write(const struct dumpfile *d, const struct dump_note *n, int fd, struct error *e)
{
	uint64_t size = device_dump_size(n);
	_cleanup_free_ uint8_t *chunk = malloc(CHUNK);
	int r = chunk ? 0 : error_set(e, -ENOMEM, "out of memory");

	for (uint64_t at = 0; at < size && r == 0; at += CHUNK) {
		size_t len = MIN(size - at, CHUNK);

		r = dumpfile_note_read(d, n, DEVICE_DUMP_NAME_SIZE + at, chunk, len, e);
		if (r == 0) {
			r = write_all(fd, chunk, len);
			if (r < 0)
				(void)error_errno(e, r, "write");
		}
	}
	return r;
}
