/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Names of files as the kernel would write them: up through dentries, and through mounts to what they are mounted on. */
#include "kernel/object.h"

#define PATH_SIZE 4096 /* PATH_MAX */

/*
 * "/usr/bin/python3" of a dentry as it is seen through the vfsmount at that address; vfsmount 0: only up to the root of its
 * own file system. A name that cannot be read is "?", a way that has no end begins with "…". Cut at PATH_SIZE from the left.
 * Errors where the dump does not know the types.
 */
int path_of_dentry(const struct object_source *s, uint64_t vfsmount, uint64_t dentry,
		   char ret[PATH_SIZE], struct error *e) _must_check_;

/* Where the struct mount at that address is mounted: "/proc"; of the topmost "/". */
int path_of_mount(const struct object_source *s, uint64_t mount, char ret[PATH_SIZE],
		  struct error *e) _must_check_;
