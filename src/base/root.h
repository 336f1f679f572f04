/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where /proc, /sys, /etc, /boot and /lib are found: the real root, or the directory given with --root.
 * Everything the first kernel's side reads goes through here, so that it is tested on made-up roots.
 */
#include "base/buf.h"
#include "base/macro.h"

struct root {
	int fd;	    /* the directory; paths below are relative to it */
	char *path; /* as given, without trailing slashes; "" for the real root */
};

/* path NULL or "/" is the real root. -errno where it is no directory. */
int root_open(const char *path, struct root *ret) _must_check_;
void root_done(struct root *r);

#define _cleanup_root_ _cleanup_(root_done)

/* A path inside the root without its leading slashes, for the *at() calls on fd: "." for "/". */
const char *root_relative(const char *path);

/* The path as the system sees it, newly allocated: root + path. NULL on no memory. */
char *root_join(const struct root *r, const char *path);

/* As read_file_at(), with an absolute path inside the root. */
int root_read_file(const struct root *r, const char *path, size_t limit,
		   struct buf *ret) _must_check_;
