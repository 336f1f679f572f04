/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text, every question: a number that is told was read whole, and what was found stays as it was. */
#include "kernel/vmcoreinfo.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct vmcoreinfo *v, const char *name)
{
	uint64_t u;
	int64_t n;

	if (vmcoreinfo_size(v, name, &u) || vmcoreinfo_length(v, name, &u) ||
	    vmcoreinfo_offset(v, name, &u) || vmcoreinfo_symbol(v, name, &u) ||
	    vmcoreinfo_number(v, name, &n) || vmcoreinfo_hex(v, name, &u))
		return;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = NULL;
	const char *text;
	char key[200];
	size_t len;

	if (vmcoreinfo_parse((const char *)data, size, &v, NULL) < 0)
		return 0;
	text = vmcoreinfo_text(v, &len);
	if (len > size || memcmp(text, data, len) != 0)
		abort();
	/* Every line's key, and what is between its parentheses. */
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
		size_t open = strcspn(line, "(=\n"), end = strcspn(line, "=\n");

		snprintf(key, sizeof(key), "%.*s", (int)MIN(end, sizeof(key) - 1), line);
		ask(v, key);
		if (line[end] == '=' && end > 0 && end < sizeof(key) && strchr(line, '\n') &&
		    !vmcoreinfo_get(v, key))
			abort();
		if (line[open] == '(') {
			snprintf(key, sizeof(key), "%.*s", (int)strcspn(line + open + 1, ")\n"),
				 line + open + 1);
			ask(v, key);
		}
		if (!strchr(line, '\n'))
			break;
	}
	return 0;
}
