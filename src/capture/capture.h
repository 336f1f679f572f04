/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the capture kernel's two processes share: the supervisor (PID 1) and the worker it forks. docs/capture.md tells the
 * story.
 */
#include "base/clock.h"
#include "base/macro.h"
#include "plan/plan.h"

/* In their order. The names are those of lastword.fault= and of messages. */
enum phase {
	PHASE_MODULES,
	PHASE_NETWORK,
	PHASE_TARGET, /* device, mount, directory */
	PHASE_LOG,    /* vmcore-dmesg.txt */
	PHASE_REPORT, /* report.txt, report.json */
	PHASE_DUMP,   /* vmcore */
	PHASE_OWNLOG, /* kexec-dmesg.log */
	PHASE_CLOSE,  /* sync, unmount */
	PHASE_COUNT,
};

const char *phase_name(enum phase p);

/* Faults that tests inject with the kernel command line word lastword.fault=PHASE:KIND, or KIND alone for
 * the dump phase. */
enum fault_kind {
	FAULT_NONE,
	FAULT_KILL, /* the worker kills itself */
	FAULT_HANG, /* the worker stops making progress */
	FAULT_OOM,  /* the worker takes memory until it is killed */
};

struct fault {
	enum fault_kind kind;
	enum phase phase;
	unsigned patience; /* seconds that replace the plan's limits for this run; 0: none do */
};

/* From a whole kernel command line; FAULT_NONE where the word is absent. lastword.patience=SECONDS shortens the wait for a fault
 * that hangs. -EINVAL: a word makes no sense. */
int fault_parse(const char *cmdline, struct fault *ret) _must_check_;

/* Does what the fault says when it is the phase's turn. */
void fault_point(const struct fault *f, enum phase phase);

/* Where the worker notes what others need when it is dead. In shared memory; the supervisor trusts none of it. */
struct board {
	char name[64];	 /* of the dump directory, the same on all targets; "" at first */
	uint32_t target; /* the plan's, being used or tried */
	char mount[32];	 /* where it is mounted, "" while none is */
	char dir[512];	 /* the dump directory in this kernel, "" while there is none */
	bool log_on[PLAN_TARGETS_MAX];
	bool log_saved; /* on any of them */
	bool dump_saved;
};

struct capture {
	struct plan *plan;
	struct fault fault;
	struct board *board;
	usec_t started;	       /* of PID 1 */
	unsigned attempt;      /* workers before this one */
	uint32_t first_target; /* of the plan's, for this worker */
	int report_fd;	       /* worker's end of the pipe; see watch.h */
};
