/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>

#include "dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > SELFMAG)
		fuzz_dump(ELFMAG, SELFMAG, data + SELFMAG, size - SELFMAG);
	return 0;
}
