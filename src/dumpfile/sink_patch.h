/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A sink over a file that is there already: what is written is compared with it, and only what differs goes on.
 */
#include "base/sink.h"
#include "dumpfile/source.h"

struct sink_patch {
	struct sink sink;
	const struct source *there;
	struct sink *inner; /* NULL: differences are counted alone */
	uint64_t ignore,
		count; /* a place where a difference does not matter: bytes [ignore, ignore + count) */
	uint64_t missing;   /* bytes past the file's end */
	uint64_t differing; /* bytes of blocks that are there, and are not the same */
};

/* Borrows all it is given. For one thread. sink_close() does nothing. */
struct sink *sink_patch_init(struct sink_patch *p, const struct source *there, struct sink *inner);
