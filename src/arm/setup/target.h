/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where dumps go, set up in one step: kdump.conf says it, fstab mounts it, and it was tried. Lines of ours stand between two
 * comments in both files; lines of a person's that they replace stay as comments, so that undo is exact.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/root.h"

struct setup_target_options {
	/* A directory, a device (/dev/…, UUID=…, LABEL=…), nfs:HOST:/DIRECTORY, ssh:USER@HOST[:DIRECTORY] */
	const char *target;
	const char *format; /* "xfs" or "ext4": make that on the device; NULL: it has one */
	bool force;	    /* replace a target that a person set; format what is not all zeros */
	bool dry_run;
};

struct setup_target {
	struct buf said; /* what was done or would be, and what is to be known: a line each */
	struct buf diff; /* of the files, unified */
};

/*
 * A device is formatted only if it is empty: nothing known to libblkid is on it, nobody uses it, its ends are zeros. Before
 * the files are written the target is tried as arm does it; what does not work leaves them as they were.
 */
int setup_target(const struct root *root, const struct setup_target_options *o,
		 struct setup_target *ret, struct error *e) _must_check_;

/* Takes our lines out of both files. File systems, directories and dumps stay. */
int setup_target_undo(const struct root *root, bool dry_run, struct setup_target *ret,
		      struct error *e) _must_check_;

void setup_target_done(struct setup_target *t);

#define _cleanup_setup_target_ _cleanup_(setup_target_done)
