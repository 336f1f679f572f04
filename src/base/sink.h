/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A place bytes go: a file, a device, a pipe, another format around one of those.
 *
 * A seekable sink takes write_at() from several threads at once. A sink that is not seekable takes append()
 * alone, from one thread at a time; formats that need to seek wrap it (dumpfile/flat_write.h). sync() returns
 * when what was written would survive a power cut. finish() says that all was written: formats write their end. close() releases and reports what a late write met; it
 * does not sync.
 */
#include <stdatomic.h>

#include "base/error.h"
#include "base/cleanup.h"
#include "base/macro.h"

#include <sys/uio.h>

struct sink;

struct sink_ops {
	int (*write_at)(struct sink *s, const void *data, size_t len, uint64_t offset,
			struct error *e);
	int (*append)(struct sink *s, const void *data, size_t len, struct error *e);
	void (*reserve)(struct sink *s, uint64_t offset, uint64_t len); /* may be NULL */
	int (*finish)(struct sink *s, struct error *e);			/* may be NULL */
	int (*restart)(struct sink *s, struct error *e);		/* may be NULL */
	int (*sync)(struct sink *s, struct error *e);
	int (*close)(struct sink *s, struct error *e);
};

/* First member of every sink. */
struct sink {
	const struct sink_ops *ops;
	const char *name; /* for messages: a path or an address; borrowed */
	bool seekable;
	_Atomic uint64_t written; /* bytes handed on so far, for progress */
};

/* All 0 or a negative errno; -ESPIPE from write_at on a sink that is not seekable. */
int sink_write_at(struct sink *s, const void *data, size_t len, uint64_t offset,
		  struct error *e) _must_check_;
int sink_append(struct sink *s, const void *data, size_t len, struct error *e) _must_check_;
int sink_sync(struct sink *s, struct error *e) _must_check_;

/* Once, behind the last write; sync afterwards. A format around another sink finishes that too. */
int sink_finish(struct sink *s, struct error *e) _must_check_;

/*
 * Asks for room that reads as zeros until it is written, where the sink can: a table that must not find the disk full. What is
 * behind it will be written once and without gaps.
 */
void sink_reserve(struct sink *s, uint64_t offset, uint64_t len);

/* Empties what was written, to be begun anew. -EOPNOTSUPP where that cannot be. No other thread. */
int sink_restart(struct sink *s, struct error *e) _must_check_;

/* Frees the sink whatever it returns. NULL is 0. */
int sink_close(struct sink *s, struct error *e);

/*
 * A sink on a file descriptor, which it owns from then on. Regular files and block devices are seekable;
 * append() goes on at the file's position. name is borrowed and must outlive the sink.
 */
int sink_fd_new(int fd, const char *name, struct sink **ret, struct error *e) _must_check_;

static inline void sink_closep(struct sink **s)
{
	(void)sink_close(*s, NULL);
}

#define _cleanup_sink_ _cleanup_(sink_closep)
