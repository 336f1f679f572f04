/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines typed at the prompt: words that are told have no blanks lost, and there are as many as there should be; what a word
 * may become can be asked anywhere.
 */
#include "inspect/complete.h"
#include "inspect/line.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct line l;
	size_t total = 0;

	if (text && line_parse(text, &l, NULL) == 0) {
		for (int i = 0; i < l.count; i++)
			total += strlen(l.words[i]);
		if (l.words[l.count] || total > strlen(text))
			abort();
		line_done(&l);
	}
	for (size_t i = 0; text && i <= strlen(text) && i < 256; i++)
		if (complete_kind_at(text, i) > COMPLETE_FILES)
			abort();
	free(text);
	return 0;
}
