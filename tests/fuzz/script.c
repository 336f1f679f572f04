/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of commands are short, and printable. */
#include "arm/image/script.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool check(void *user, const char *name)
{
	if (!*name || strlen(name) > 255)
		abort();
	for (; *name; name++)
		if (!isgraph((unsigned char)*name))
			abort();
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	script_commands((const char *)data, size, check, NULL);
	return 0;
}
