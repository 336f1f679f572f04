/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What a task has open: descriptors, its root and its working directory. */
#include "inspect/choose.h"
#include "inspect/path.h"

#define OPEN_FILES_MAX 1048576 /* descriptors of one task: sysctl_nr_open */

struct open_file {
	uint32_t fd;
	bool known; /* its struct file can be read; else only .file.addr is set */
	struct path_file file;
};

/* In the order of descriptors; emit returns non-zero to stop. A task that is gone has none. Errors of kernel_read(). */
int open_files_each(struct inspect *c, struct paths *p, const struct task *task,
		    int (*emit)(void *user, const struct open_file *file), void *user,
		    struct error *e) _must_check_;

/* dentry and vfsmount of task->fs->root (cwd: ->pwd); false where that is not there. */
bool open_directory(struct inspect *c, const struct task *task, bool cwd, uint64_t *ret_dentry,
		    uint64_t *ret_mnt);
