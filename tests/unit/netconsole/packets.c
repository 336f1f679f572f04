/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "packets.h"

#include <stdlib.h>
#include <string.h>

/* In place: the escapes of the file back into bytes. Returns how many. */
static size_t unescape(char *line)
{
	char *start = line, *to = line;

	while (*line) {
		char hex[3] = { 0 };

		if (*line != '\\') {
			*to++ = *line++;
		} else if (line[1] == 'x') {
			memcpy(hex, line + 2, 2);
			*to++ = (char)strtoul(hex, NULL, 16);
			line += 4;
		} else {
			*to++ = line[1] == 'n' ? '\n' : '\\';
			line += 2;
		}
	}
	return (size_t)(to - start);
}

char *packets_next(char **rest, unsigned long *ret_ms, size_t *ret_len)
{
	char *line, *bytes;

	while ((line = strsep(rest, "\n")))
		if (*line >= '0' && *line <= '9') {
			*ret_ms = strtoul(line, &bytes, 10);
			*ret_len = unescape(++bytes);
			return bytes;
		}
	return NULL;
}
