/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The way of every file into the dump directory: made under its incomplete name, written, finished, synced, closed, named. Where the
 * plan has recipients, every file is encrypted for them, has SEAL_SUFFIX behind its name, and is not seekable.
 */
#include "capture/worker.h"

/* A raw device has room for the dump alone. */
bool file_is_taken(const struct worker *w);

bool file_is_sealed(const struct worker *w);

int file_create(struct worker *w, const char *name, struct sink **ret, struct error *e);

/* r is what writing came to; where that is 0 the sink is finished. What was written is synced whatever that was, and sink is gone. The file gets its name when
 * nothing failed and it is whole. Returns r, or the first failure after it; e tells the first of all. */
int file_finish(struct worker *w, const char *name, struct sink *sink, int r, bool whole,
		struct error *e);

/* What a worker before this one has left under the file's incomplete name. */
int file_reopen(struct worker *w, const char *name, int *ret_fd, struct error *e);

/* That is whole now: synced, read for its checksum, named. p counts bytes and may be NULL. */
int file_resumed(struct worker *w, const char *name, int fd, struct progress *p, struct error *e);

/* The file in one go. */
int file_save(struct worker *w, const char *name, const void *data, size_t len, bool whole,
	      struct error *e);
