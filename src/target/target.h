/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The places a dump can go, as a table of operations: one file each. arm asks a target what it needs; capture opens it, writes
 * files into it and commits them.
 */
#include "base/sink_hash.h"
#include "plan/plan.h"

/* What arm must resolve and pack for a target. */
struct target_needs {
	const char *fstype; /* module to load for the file system, or NULL */
	bool network;	    /* the way to plan_target.server */
	bool stream;	    /* it takes the dump as a flattened stream */
	bool dump_alone;    /* no log, no report */
};

#define TARGET_DIR_NAME 96

/* Open, in the capture kernel. First member of every kind's own struct. The strings are the target's. */
struct target {
	const struct target_ops *ops;
	char *what; /* for people: "/dev/vda1 (ext4)" */
	char *dir;  /* the dump directory as a path in the capture kernel, "" where there is none */
	/* That directory's own: another than was asked for where that was taken. */
	char dir_name[TARGET_DIR_NAME];
	char *note;		 /* what was not as planned but did no harm, or NULL */
	char sum[SINK_HASH_HEX]; /* SHA-256 of the file to commit next, "" where unknown */
	/* Of the file that was committed last, where the target keeps it in another form than it was sent; name "" where not. */
	struct {
		char name[64];
		uint64_t bytes;
		char sum[SINK_HASH_HEX];
	} kept;
};

/* Where targets are mounted: the first here, others at a name that begins so. */
#define TARGET_MOUNT "/target"

/* How a target is to be opened. */
struct target_where {
	const char *mount; /* where a file system goes in this kernel's tree */
	const char *dir;   /* already composed, such as 127.0.0.1-2026-11-21-03:14:00 */
	/* That directory may be there: an earlier try made it, and dir is what its dir_name was. */
	bool again;
	uint64_t deadline; /* on the clock of clock_now() */
};

struct target_ops {
	const char *name; /* "fs", "raw" */
	enum plan_target_kind kind;
	void (*needs)(const struct plan_target *t, struct target_needs *ret);

	/* Finds the device (waiting for events) or the server, mounts, and makes the dump directory where the target has
	 * directories. */
	int (*open)(const struct plan_target *t, const struct target_where *where,
		    struct target **ret, struct error *e);
	/* A new file under a name that says it is not whole yet (vmcore -> vmcore-incomplete), mode 0600. Never overwrites.
	 * -EOPNOTSUPP where the target holds the dump alone. */
	int (*create)(struct target *t, const char *name, struct sink **ret, struct error *e);
	/* What a process before this one has left under that name, to be read and written. NULL where a file that was begun cannot be
	 * gone on with. */
	int (*reopen)(struct target *t, const char *name, int *ret_fd, struct error *e);
	/* Synced and closed by then: gives it its final name, and syncs that. */
	int (*commit)(struct target *t, const char *name, struct error *e);
	/* Free bytes, UINT64_MAX where unknown. */
	uint64_t (*space)(struct target *t);
	/* The names beside the dump directory that begin with prefix, each ended by a newline: all, or the newest. NULL where the target has no
	 * directories. Hostile: a server may answer anything. */
	int (*list)(struct target *t, const char *prefix, struct buf *ret, struct error *e);
	/* Syncs, unmounts; frees whatever it returns. */
	int (*close)(struct target *t, struct error *e);
};

const struct target_ops *target_ops(enum plan_target_kind kind);

/* What a committed file is called there: kdump's name for a dump in a stream is vmcore.flat. */
const char *target_file_name(enum plan_target_kind kind, const char *name);

/* Sets dir_name from the directory's path. */
void target_name_dir(struct target *t, const char *path);

extern const struct target_ops target_fs, target_raw, target_nfs, target_ssh, target_virtiofs;
