/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parser accepts, the formatter writes and the parser accepts again. */
#include "plan/plan.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(plan_freep) struct plan *p = NULL, *again = NULL;
	_cleanup_buf_ struct buf out = { 0 };

	if (plan_parse((const char *)data, size, &p, NULL) < 0)
		return 0;
	if (plan_format(p, &out) < 0 || plan_parse(out.data, out.len, &again, NULL) < 0)
		abort();
	return 0;
}
