/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The bytes a container is parsed from: a file or /proc/vmcore, or the image inside a flattened stream.
 * Used by many threads at once; what is lent belongs to the window of one reader.
 *
 * Files are mapped whole: one that another process cuts short while it is read ends this one by SIGBUS.
 */
#include <errno.h>

#include "base/error.h"
#include "base/macro.h"

/* Where the bytes last lent live. Zeroed before first use. */
struct source_window {
	void *map; /* mmap()ed where buffer_size is 0 */
	size_t size;
	uint64_t offset;
	size_t buffer_size;
};

struct source;

struct source_ops {
	int (*read)(const struct source *s, void *buf, size_t len, uint64_t offset);
	size_t (*lend)(struct source *s, struct source_window *w, uint64_t offset, size_t want,
		       const void **ret);
	void (*scattered)(struct source *s, bool on); /* NULL: it does not matter */
	void (*forget)(struct source *s);	      /* NULL: nothing is kept */
	void (*close)(struct source *s);
};

struct source {
	const struct source_ops *ops;
	uint64_t size; /* UINT64_MAX where it cannot be known */
	uint64_t
		file_size; /* of the file underneath, as above; what there can be of bytes at most */
	bool live;	   /* of /proc: mapping costs, nothing is mapped ahead */
};

/* All of it or an error: -ENODATA past the end. */
static inline int source_read(const struct source *s, void *buf, size_t len, uint64_t offset)
{
	return range_inside(offset, len, s->size) ? s->ops->read(s, buf, len, offset) : -ENODATA;
}

/*
 * Lends up to want bytes in place until the window's next use. 0 where that cannot be done or would not pay (live and
 * little): source_read() tells whether there is anything.
 */
static inline size_t source_lend(struct source *s, struct source_window *w, uint64_t offset,
				 size_t want, const void **ret)
{
	if (offset >= s->size || !want)
		return 0;
	return s->ops->lend(s, w, offset, MIN(want, s->size - offset), ret);
}

/* While on, what is read lies anywhere: nothing around it is wanted. */
static inline void source_scattered(struct source *s, bool on)
{
	if (s->ops->scattered)
		s->ops->scattered(s, on);
}

/* What was read so far need not stay in memory. */
static inline void source_forget(struct source *s)
{
	if (s->ops->forget)
		s->ops->forget(s);
}

/* NULL is accepted. */
struct source *source_close(struct source *s);

void source_window_done(struct source_window *w);

/* Takes the descriptor, also on failure. */
int source_file_new(int fd, struct source **ret, struct error *e) _must_check_;
