/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Code: whatever the bytes are, an instruction is as long as what was given at most, and its text ends. */
#include "inspect/disassemble.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct inspect_disassembler d;
	size_t at = 0;

	if (!d.decode && disassembler_open(&d, NULL) < 0)
		return 0;
	while (at < size) {
		struct instruction i;
		size_t len = MIN(size - at, (size_t)INSTRUCTION_SIZE_MAX);

		if (!d.decode(d.user, 0xffffffff81000000 + at, data + at, len, &i)) {
			at++;
			continue;
		}
		if (i.len == 0 || i.len > len || !memchr(i.text, '\0', sizeof(i.text)) ||
		    !i.text[0])
			abort();
		at += i.len;
	}
	return 0;
}
