/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* manifest.json read back, and compared with the files beside it. Of `lastword` alone: it needs a JSON parser. */
#include "base/error.h"
#include "base/progress.h"
#include "dumpfile/manifest.h"

#define MANIFEST_TEXT_MAX ((size_t)1 << 20)

/*
 * Any text. Fills what identifies the dump, its result and the files, which have target 0; numbers are in range, names are
 * plain and hashed parts are all of a file. The struct is large: it is not for the stack.
 */
int manifest_read(const char *text, size_t len, struct manifest *ret, struct error *e) _must_check_;

/* The manifest in a directory. -ENOENT, without words, where there is none. */
int manifest_read_at(int dir_fd, struct manifest *ret, struct error *e) _must_check_;

enum manifest_state {
	MANIFEST_AGREES,      /* size and sum */
	MANIFEST_SIZE_AGREES, /* no sum was looked at, or there is none */
	MANIFEST_REMOVED,     /* a dump that lastword_keep removed */
	MANIFEST_EXTRA,	      /* not in the manifest */
	MANIFEST_MISSING,     /* from here on something is wrong */
	MANIFEST_SIZE_DIFFERS,
	MANIFEST_SUM_DIFFERS,
	MANIFEST_UNREADABLE,
	MANIFEST_STATES,
};

struct manifest_finding {
	const char *name;
	enum manifest_state state;
	const struct manifest_file *file; /* NULL where it is in none */
	uint64_t bytes;			  /* there are; 0 where it is missing */
	int error;			  /* of MANIFEST_UNREADABLE */
};

static inline bool manifest_state_is_wrong(enum manifest_state s)
{
	return s >= MANIFEST_MISSING;
}

/* One file. p counts the bytes that are hashed; sums: look at them at all. */
void manifest_check_file(int dir_fd, const struct manifest_file *f, bool sums, struct progress *p,
			 struct manifest_finding *ret);

/* All files of the manifest in their order, then those that are not in it. True where nothing is wrong. */
bool manifest_check(int dir_fd, const struct manifest *m, struct progress *p,
		    void (*found)(void *user, const struct manifest_finding *f), void *user);
