/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Changes of files, collected before anything is written: to be shown as a diff, or written one file after the other, each
 * as a whole (temporary file, fsync, rename; mode and owner kept; a link is followed and stays).
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/root.h"

#include <sys/types.h>

struct edit {
	char *path;	   /* inside the root */
	struct buf before; /* empty where it did not exist */
	struct buf after;
	bool existed;
	bool removed; /* it is to go */
	mode_t mode;  /* of a new file */
};

#define EDITS_MAX 1024

struct edits {
	struct edit *list;
	size_t count;
	const char *not_shown; /* paths that begin so are in no diff; or NULL */
};

/* The content as it will be: that of an earlier edit, else the file's. -ENOENT: there is none, or it is to go. */
int edits_read(const struct root *root, const struct edits *edits, const char *path,
	       struct buf *ret, struct error *e) _must_check_;

/* Adds an edit, or changes an earlier one of the same path; content that is there already adds nothing. */
int edits_put(const struct root *root, struct edits *edits, const char *path, const void *text,
	      size_t len, mode_t mode, struct error *e) _must_check_;

/* Adds nothing where there is no such file. */
int edits_remove(const struct root *root, struct edits *edits, const char *path,
		 struct error *e) _must_check_;

/* A unified diff of all, with three lines around each change. */
int edits_diff(const struct edits *edits, struct buf *ret) _must_check_;

/* In their order; the error names the file, and those before it stay written. */
int edits_write(const struct root *root, const struct edits *edits, struct error *e) _must_check_;

void edits_done(struct edits *edits);

#define _cleanup_edits_ _cleanup_(edits_done)
