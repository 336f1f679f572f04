/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parser accepts, the formatter writes and the parser accepts again. */
#include "arm/record.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_record_ struct record rec = { 0 }, again = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	char words[100];

	if (record_parse((const char *)data, size, &rec, NULL) < 0)
		return 0;
	if (!rec.image.hex[0])
		return 0;
	if (record_format(&rec, &out) < 0)
		return 0;
	if (record_parse(out.data, out.len, &again, NULL) < 0)
		abort();
	(void)record_differs(&rec, &again, words, sizeof(words));
	return 0;
}
