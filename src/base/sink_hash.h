/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A sink around another that takes the SHA-256 of what goes through, so that nothing is read again for it.
 *
 * SHA-256 takes bytes in their order. A stream has them so. A file with a table in front that is filled as the data comes
 * does not: whoever writes one says so with sink_reserve(), and promises that everything behind the table is written once
 * and without gaps, whatever the threads' order. The sum is then of the part behind the table, and the table is read again.
 */
#include "base/progress.h"
#include "base/sink.h"

#define SINK_HASH_HEX 65 /* with the NUL */

struct sink_hash_sum {
	uint64_t offset, bytes; /* of the part that was hashed; bytes 0: there is none */
	char hex[SINK_HASH_HEX];
};

/* Closes inner when it is closed; on failure inner stays the caller's. */
int sink_hash_new(struct sink *inner, struct sink **ret, struct error *e) _must_check_;

/* Of what was written so far. The sink must be of sink_hash_new(). */
void sink_hash_sum(struct sink *s, struct sink_hash_sum *ret);

/* A part of a file. -ENODATA when it ends first. p counts bytes and may be NULL. */
int file_hash(int fd, uint64_t offset, uint64_t bytes, struct progress *p,
	      char ret[SINK_HASH_HEX]) _must_check_;
