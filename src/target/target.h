/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The places a dump can go, as a table of operations: one file each. arm asks a target what it needs; capture opens it, writes
 * files into it and commits them.
 */
#include "base/sink.h"
#include "plan/plan.h"

/* What arm must resolve and pack for a target. */
struct target_needs {
	const char *fstype; /* module to load for the file system, or NULL */
	bool network;	    /* the way to plan_target.server */
	bool block_device;  /* device drivers of plan_target.device */
	bool stream;	    /* it takes the dump as a flattened stream */
	bool dump_alone;    /* no log, no report */
};

/* Open, in the capture kernel. First member of every kind's own struct. The strings are the target's. */
struct target {
	const struct target_ops *ops;
	char *what; /* for people: "/dev/vda1 (ext4)" */
	char *dir;  /* the dump directory as a path in the capture kernel, "" where there is none */
	char *note; /* what was not as planned but did no harm, or NULL */
};

/* Where targets are mounted: the first here, others at a name that begins so. */
#define TARGET_MOUNT "/target"

/* How a target is to be opened. */
struct target_where {
	const char *mount; /* where a file system goes in this kernel's tree */
	const char *dir;   /* already composed, such as 127.0.0.1-2026-11-21-03:14:00 */
	bool again;	   /* that directory may be there: an earlier try made it */
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
	/* Synced and closed by then: gives it its final name, and syncs that. */
	int (*commit)(struct target *t, const char *name, struct error *e);
	/* Free bytes, UINT64_MAX where unknown. */
	uint64_t (*space)(struct target *t);
	/* Syncs, unmounts; frees whatever it returns. */
	int (*close)(struct target *t, struct error *e);
};

const struct target_ops *target_ops(enum plan_target_kind kind);

extern const struct target_ops target_fs, target_raw, target_nfs, target_ssh;
