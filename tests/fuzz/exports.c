/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "arm/doctor/exports.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each step moves on, and all texts end. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	char directory[EXPORT_TEXT_MAX] = "";
	const char *pos = text, *before = NULL;
	struct export x;

	while (text && export_next(&pos, directory, &x)) {
		assert(pos != before);
		before = pos;
		assert(strlen(x.directory) < EXPORT_TEXT_MAX);
		assert(strlen(x.client) < EXPORT_TEXT_MAX);
		assert(strlen(x.options) < EXPORT_TEXT_MAX);
	}
	free(text);
	return 0;
}
