/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is accepted, printed and read again gives the same memory on every machine; what a line resolves to is not nothing. */
#include "arm/boot/crashkernel.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_and_read(const char *text)
{
	char printed[CRASHKERNEL_TEXT_MAX];
	struct crashkernel c, again;

	if (crashkernel_parse(text, &c, NULL) < 0)
		return;
	if (c.count == 0 || c.count > CRASHKERNEL_RANGES_MAX)
		abort();
	if (crashkernel_format(&c, printed, sizeof(printed)) < 0)
		return;
	if (crashkernel_parse(printed, &again, NULL) < 0 || again.kind != c.kind ||
	    again.offset != c.offset || again.by_ram != c.by_ram)
		abort();
	for (unsigned shift = 20; shift < 64; shift++)
		if (crashkernel_size(&c, UINT64_C(1) << shift) !=
		    crashkernel_size(&again, UINT64_C(1) << shift))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct crashkernel_request q;
	struct crashkernel_remarks all;
	struct buf words = { 0 };

	if (!text)
		return 0;
	print_and_read(text);
	crashkernel_check(text, "x86_64", GIB(4), MIB(128), &all);
	if (crashkernel_resolve(text, "x86_64", GIB(4), &q, NULL) == 0 &&
	    (q.size == 0 || q.size >= GIB(4)))
		abort();
	if (crashkernel_words(text, &words) == 0 && !strstr(text, CRASHKERNEL) != !words.len)
		abort();
	buf_done(&words);
	free(text);
	return 0;
}
