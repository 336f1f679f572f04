/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Disks that stand in for the real ones: sparse files with the file system, UUID and label by which the plan finds it. */
#include "base/error.h"
#include "base/macro.h"

#define STANDIN_ROOM_DEFAULT GIB(2)
#define STANDIN_ROOM_MAX GIB(64)

/* "": none. */
struct standin {
	const char *fstype, *uuid, *label;
	uint64_t room; /* bytes that are free in it, about */
};

/* -ENOENT where the file system's mkfs is not installed; the words name its package. */
int standin_make(const char *path, const struct standin *s, struct error *e) _must_check_;

/* Nothing but a size. */
int standin_blank(const char *path, uint64_t size, struct error *e) _must_check_;

/* A copy of a disk image; holes stay holes. */
int standin_copy(int dirfd, const char *from, const char *to, struct error *e) _must_check_;

/* The words for mkfs, without the program's path; ends with NULL. ret_package: what has the program. -EOPNOTSUPP. */
#define STANDIN_WORDS_MAX 12
struct standin_words {
	const char *words[STANDIN_WORDS_MAX];
	char uuid[80];
	const char *package;
	uint64_t smallest; /* bytes: what the file system needs at least */
};

int standin_mkfs_words(const struct standin *s, const char *path, struct standin_words *ret,
		       struct error *e) _must_check_;
