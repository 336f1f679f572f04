/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The parts of a split dump back into one file: packed pages are copied as they are. What makedumpfile --reassemble does.
 */
#include "base/progress.h"
#include "base/sink.h"
#include "dumpfile/dumpfile.h"

struct kdump_joined {
	uint64_t pages, lost_pages; /* with a desc; of those, what the parts do not have */
};

/*
 * The parts in any order; each must be kdump-compressed (little-endian, 64 bit), of the same dump, and together they must have each
 * page once: -EINVAL with words else. The sink must be seekable.
 */
int kdump_join(struct dumpfile *const *parts, size_t count, struct sink *s, struct progress *p,
	       struct kdump_joined *ret, struct error *e) _must_check_;
