/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Older dumps in a directory, and which of them may go. Only directories whose name has the shape of a dump's and begins with
 * this machine's address count, and in them only regular files with a dump's names: log, report and manifest stay. No link is
 * followed, no file system is left, and a dump that is still growing is left alone.
 */
#include "base/error.h"
#include "plan/plan.h"

#define THIN_DUMPS_MAX 1000

struct thin_dump {
	char dir[64];
	uint64_t bytes;
	int64_t changed; /* seconds since the epoch */
	bool gone;
};

struct thin_list {
	struct thin_dump *dumps; /* the oldest by name first */
	size_t count;
	int64_t now; /* by the file system's own clock */
};

/* own: the directory in parent_fd of the dump that is being written. */
int thin_list_read(int parent_fd, const char *host, const char *own, struct thin_list *ret,
		   struct error *e) _must_check_;
void thin_list_done(struct thin_list *l);

/* What the choice depends on, besides the policy. */
struct thin_new {
	uint64_t bytes;	 /* of the new dump, or about */
	bool saved;	 /* while it is not, the newest of the others stays */
	bool needs_room; /* any may go that the policy lets go for room */
};

/* The next to go; NULL where none may. */
struct thin_dump *thin_choose(const struct thin_list *l, const struct plan_keep *k,
			      const struct thin_new *n);

/* Removes its dump, and leaves word that it did. */
int thin_remove(int parent_fd, struct thin_dump *d, const char *own, struct error *e) _must_check_;
