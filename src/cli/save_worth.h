/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is worth saving first: the pages that explaining the crash reads. It is explained once, and nobody reads the words.
 */
#include "dumpfile/touched.h"

struct worth {
	struct page_run *runs; /* for save_options */
	size_t count;
};

/* Nothing where there is no memory for it, or no kernel: pages then go in their own order. */
void worth_find(struct dumpfile *d, struct worth *ret);
void worth_done(struct worth *w);
