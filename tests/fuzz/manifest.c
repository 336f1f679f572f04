/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read is plain names and hashed parts that are all of a file. */
#include "dumpfile/manifest_read.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct manifest m;

	if (manifest_read((const char *)data, size, &m, NULL) < 0)
		return 0;
	for (size_t i = 0; i < MANIFEST_FILES_MAX && m.files[i].begun; i++) {
		const struct manifest_file *f = &m.files[i];
		uint64_t end = 0;

		if (!f->name[0] || strchr(f->name, '/') || f->parts_count > ARRAY_SIZE(f->parts))
			abort();
		for (uint32_t k = 0; k < f->parts_count; k++)
			end += f->parts[k].bytes;
		if (f->parts_count && end != f->bytes)
			abort();
	}
	return 0;
}
