/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What targets that are mounted have in common, from the mount on: room kept back, the directory, the files. */
#include "target/target.h"

/* First member of a mounted target's own struct, if it has one. */
struct mounted {
	struct target target;
	char *at;     /* where it is mounted, NULL while it is not */
	bool pending; /* a file was begun and not committed */
	int mount_fd;
	int dir_fd;
	int reserve_fd; /* a file without a name that holds room, -1 none */
};

/* Nothing is mounted yet. */
struct mounted *mounted_new(const struct target_ops *ops);

/*
 * After mount(2) at where->mount. device: what was mounted, for messages. fstype: for people. Makes the directory; on failure
 * the caller releases.
 */
int mounted_prepare(struct mounted *m, const struct plan_target *t, const char *device,
		    const char *fstype, const struct target_where *where,
		    struct error *e) _must_check_;

/* Unmounts and frees, whatever it returns. */
int mounted_release(struct mounted *m);

/* Operations of struct target_ops. */
int mounted_create(struct target *t, const char *name, struct sink **ret, struct error *e);
int mounted_reopen(struct target *t, const char *name, int *ret_fd, struct error *e);
int mounted_commit(struct target *t, const char *name, struct error *e);
uint64_t mounted_space(struct target *t);
int mounted_list(struct target *t, const char *prefix, struct buf *ret, struct error *e);
int mounted_close(struct target *t, struct error *e);
