/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The process that does the dangerous work, phase by phase; each is reported to the supervisor. Returns its exit status:
 * 0 when everything the plan wants is saved.
 */
#include "capture/capture.h"
#include "dumpfile/dumpfile.h"
#include "kernel/kernel.h"
#include "target/target.h"

#define VMCORE "/proc/vmcore"

struct worker {
	struct capture *c;
	const struct plan_target *planned; /* of the open target */
	uint32_t index;			   /* of it in the plan */
	struct target *target;		   /* NULL while none is open */
	struct dumpfile *dump;		   /* NULL where it cannot be read as a dump */
	struct kernel *kernel;		   /* NULL where it cannot be understood */
	struct touched *touched;	   /* what was read of the dump so far; or NULL */
	char file_name[64];		   /* of the file being written; see file.c */
	struct sink *hash; /* of the file being written, where it is hashed; borrowed */
};

int worker_run(struct capture *c);

/* Tells the supervisor how far the phase is. */
void worker_report(const struct worker *w, enum phase phase, uint64_t done, uint64_t total);
