/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/readers.h"

#include <stdio.h>
#include <string.h>

/* x86_64: the image and the modules; Documentation/arch/x86/x86_64/mm.rst. One table of the lowest level maps TABLE_SPAN. */
#define IMAGE_START UINT64_C(0xffffffff80000000)
#define MODULES_END UINT64_C(0xffffffffff000000)
#define TABLE_SPAN MIB(2)

static void read_tables(struct kernel_reader *r)
{
	struct kernel_mapping m;

	for (uint64_t at = IMAGE_START; at < MODULES_END; at += TABLE_SPAN)
		(void)!kernel_mapping(r, UINT64_MAX, at, &m, NULL);
}

/* "SYMBOL(name)=ffffffff81000000" */
static void read_symbols(struct kernel_reader *r, const char *text, size_t len)
{
	const char *end = text + len, *next;
	char line[128];

	for (const char *at = text; at < end; at = next) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((stop ? stop : end) - at);
		unsigned long long addr;
		uint64_t word;

		next = stop ? stop + 1 : end;
		snprintf(line, sizeof(line), "%.*s", (int)MIN(n, sizeof(line) - 1), at);
		if (sscanf(line, "SYMBOL(%*[^)])=%llx", &addr) == 1)
			(void)!kernel_read(r, addr, &word, sizeof(word), NULL);
	}
}

void readers_need(struct kernel *k)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *r = NULL;
	const char *text;
	size_t len;

	if (kernel_reader_new(k, &r) < 0)
		return;
	text = vmcoreinfo_text(kernel_vmcoreinfo(k), &len);
	read_tables(r);
	read_symbols(r, text, len);
}
