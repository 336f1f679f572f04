/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A flattened stream back to the file it describes: what `makedumpfile -R` does, from a pipe, a file or a raw device.
 */
#include <sys/types.h>

#include "base/progress.h"
#include "base/sink.h"

struct flat_restored {
	bool complete; /* the end marker was met, and its seal is the header's where there is one */
	uint64_t records;
	uint64_t bytes;	       /* payload written to the sink, rewrites counted */
	uint64_t size;	       /* of the restored file */
	uint64_t stream_bytes; /* read from fd that belong to the stream */
};

/* Is there a flattened stream at this offset of fd? 1, 0, or a negative errno. */
int flat_probe(int fd, uint64_t offset);

/* Where a stream comes from: as read(2), but a negative errno. */
struct flat_input {
	ssize_t (*read)(struct flat_input *in, void *buf, size_t len);
};

/*
 * Reads the stream and writes into out, which must be seekable. 0 also where the stream is cut
 * short: complete tells, and what was there is in the sink. -EINVAL where it is no flattened stream at all.
 * name is for messages; p counts stream bytes and may be NULL.
 */
int flat_restore_input(struct flat_input *in, const char *name, struct sink *out,
		       struct progress *p, struct flat_restored *ret, struct error *e) _must_check_;

/* As above from fd's position on. */
int flat_restore(int fd, const char *name, struct sink *out, struct progress *p,
		 struct flat_restored *ret, struct error *e) _must_check_;
