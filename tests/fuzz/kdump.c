/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 8)
		fuzz_dump("KDUMP   ", 8, data + 8, size - 8);
	return 0;
}
