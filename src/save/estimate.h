/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * How big a dump of each level would be: page counts by class are exact, what is in the pages is taken from a sample.
 */
#include "save/save.h"

/* Bytes of a file whose pages do not get smaller. */
uint64_t estimate_most(struct dumpfile *d, const struct selection *sel);

/* Bytes of a file with these pages, as a sample of them compresses. */
int estimate_selection(struct dumpfile *d, const struct selection *sel, unsigned level,
		       const struct save_options *o, uint64_t *ret, struct error *e) _must_check_;

/*
 * sel is the selection of ret->level, and has samples. Where that level keeps more than the kernel's pages, there is another
 * scan for those. Sets levels and sample_pages of *ret.
 */
int estimate_levels(struct dumpfile *d, const struct select_kernel *k, const struct selection *sel,
		    const struct save_options *o, struct save_result *ret,
		    struct error *e) _must_check_;
