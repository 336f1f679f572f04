/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What a source said, as a test compares it: a line a record, "KIND seq flags: text". */
#include "netconsole/source.h"

struct heard {
	struct source_shared shared;
	struct buf lines;
};

void heard_init(struct heard *h);
void heard_done(struct heard *h);

/* All since the last call; valid until the next record. */
const char *heard_take(struct heard *h);
