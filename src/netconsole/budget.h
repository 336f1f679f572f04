/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Memory that many sources share while they wait for what is still to come: whoever takes it gives it back. */
#include "base/macro.h"

struct budget {
	size_t used, limit; /* bytes */
};

static inline bool budget_take(struct budget *b, size_t size)
{
	if (size > b->limit - b->used)
		return false;
	b->used += size;
	return true;
}

static inline void budget_give(struct budget *b, size_t size)
{
	b->used -= size;
}
