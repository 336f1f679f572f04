/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Names of files: through dentries up to the root of a mount, and on from where that is mounted.
 */
#include "inspect/command.h"

#define PATH_SIZE 4200

struct paths;

/* -ENOENT where the dump's types do not tell. */
int paths_open(struct inspect *c, struct paths **ret, struct error *e) _must_check_;
struct paths *paths_free(struct paths *p);
DEFINE_CLEANUP(struct paths *, paths_free)

/*
 * "/usr/bin/env" of a dentry below a struct vfsmount; mnt 0: below the first mount of its super block. What has no name in a
 * tree is called as in /proc: "pipe:[4711]", "anon_inode:[eventfd]". Where memory lacks the path begins with "(…)".
 */
void path_of(struct paths *p, uint64_t dentry, uint64_t mnt, char ret[PATH_SIZE]);

/* "REG ", "DIR ", … by i_mode; "UNKN". */
const char *path_type(uint32_t mode);

struct path_inode {
	uint64_t addr, mapping;
	uint64_t pages; /* of the page cache */
	uint64_t number;
	uint32_t mode;
};

/* An open file: *ret_mnt and the others are 0 where they cannot be read. */
struct path_file {
	uint64_t addr; /* of struct file */
	uint64_t dentry, mnt;
	struct path_inode inode;
};

/* False where the struct cannot be read. */
bool path_read_file(struct paths *p, uint64_t file, struct path_file *ret);
bool path_read_inode(struct paths *p, uint64_t inode, struct path_inode *ret);
bool path_read_dentry(struct paths *p, uint64_t dentry, struct path_inode *ret,
		      uint64_t *ret_super);
