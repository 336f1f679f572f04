/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What a rehearsed crash left on a stand-in: every file of the manifest read, and its SHA-256 compared. */
#include "base/error.h"
#include "base/macro.h"

struct readback {
	char directory[80]; /* the dump's, inside the file system */
	unsigned files;	    /* that are what the manifest says */
	uint64_t bytes;	    /* of them */
};

/*
 * image: a raw file system. Mounts it in a child with a mount namespace of its own: -EPERM where that is not permitted. path:
 * where dumps go in it. -EBADMSG with the name of a file that is not what was saved.
 */
int readback_check(const char *image, const char *fstype, const char *path, struct readback *ret,
		   struct error *e) _must_check_;
