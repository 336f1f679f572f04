/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debian's and SUSE's files: whatever they say, what is made of them is what our parsers take; import_parse() itself fails only on the shell's part. */
#include "arm/config/import.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t size, enum import_kind kind)
{
	_cleanup_import_ struct import im = { 0 };
	_cleanup_shell_ struct shell_file f = { 0 };

	if (import_parse(text, size, "f", kind, false, &im, NULL) < 0) {
		if (shell_parse(text, size, "f", &f, NULL) == 0)
			abort();
		return;
	}
	for (size_t i = 0; i < im.count; i++)
		if (!im.lines[i].text.len)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check((const char *)data, size, IMPORT_DEBIAN);
	check((const char *)data, size, IMPORT_SUSE);
	return 0;
}
