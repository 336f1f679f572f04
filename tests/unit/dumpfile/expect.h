/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Reads a generated dump and holds it against its description.
 */
#include "dumpfile/dumpfile.h"
#include "mkdump.h"

/* Opens; fails the test where that fails. */
struct dumpfile *expect_open(const struct mkdump *m);

/* Each page has its state and content, read in all ways. */
void expect_whole(const struct mkdump *m);

/*
 * Of a damaged dump: opens or is refused with words; what is present has its content; what cannot be read says so; and
 * no stored page is taken for excluded, no excluded one for present. Returns pages that were read, -1 where refused.
 */
long expect_sane(const struct mkdump *m);
