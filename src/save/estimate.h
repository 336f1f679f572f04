/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * How big a dump of each level would be: page counts by class are exact, what is in the pages is taken from a sample.
 */
#include "save/save.h"

/* counts is any selection of the dump; it is scanned again for each class. Sets levels and sample_pages of *ret. */
int estimate_levels(struct dumpfile *d, const struct select_kernel *k,
		    const struct selection *counts, const struct save_options *o, unsigned threads,
		    struct save_result *ret, struct error *e) _must_check_;
