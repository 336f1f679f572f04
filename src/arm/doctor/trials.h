/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What cannot be read from files: it is tried, on the machine itself; tests put their own answers here. A member that is NULL
 * cannot be done, as on another root.
 */
#include "arm/place/place.h"
#include "base/clock.h"

struct room {
	uint64_t bytes, total; /* free for root, and all */
	uint64_t files;	       /* names that can still be made */
	bool files_limited;    /* false: as many as there are bytes */
	bool read_only;
};

enum nfs_step { NFS_MOUNT, NFS_PATH, NFS_CREATE, NFS_WRITE, NFS_DONE };

/* How far it went at an NFS server. */
struct nfs_trial {
	enum nfs_step step; /* the one that failed, with `code`, or NFS_DONE */
	int code;
	unsigned owner; /* of a file that root made */
	char version[8];
	struct room room;
	char text[300]; /* what mount had to say */
};

struct trials {
	bool root; /* may do what only root may */
	/* As place_find(). */
	int (*place)(const struct root *root, const struct config_target *c, struct names *names,
		     struct place *ret, struct error *e);
	int (*room)(const struct root *root, const char *dir, struct room *ret);
	/* A file is made in the directory, synced and removed. A negative errno. */
	int (*write)(const struct root *root, const char *dir);
	/* To a TCP port, within 5 s: 0, -ECONNREFUSED, -ETIMEDOUT, -EHOSTUNREACH, … */
	int (*connect)(const char *address, unsigned port);
	/* In a mount namespace of its own. */
	void (*nfs)(const struct plan_target *t, struct nfs_trial *ret);
	/* A command there, with the keys of the place; what it wrote. */
	int (*ssh)(const struct plan_target *t, const struct place *p, const char *command,
		   struct buf *ret, struct error *e);
	/* The kernel's log of this boot, as far as it is still there. */
	int (*log)(const struct root *root, struct buf *ret);
	/* What a program writes; argv[0] is a path. */
	int (*ask)(const char *const argv[], struct buf *ret);
	/* Is the clock set by somebody? *ret_known false: nobody can tell. */
	bool (*clock_synchronised)(bool *ret_known);
};

/* Of the machine itself, or of another root. */
void trials_of(const struct root *root, struct trials *ret);

void trial_nfs(const struct plan_target *t, struct nfs_trial *ret);
int trial_ssh(const struct plan_target *t, const struct place *p, const char *command,
	      struct buf *ret, struct error *e);
