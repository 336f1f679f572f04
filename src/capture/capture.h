/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the capture kernel's two processes share: the supervisor (PID 1) and the worker it forks. docs/capture.md tells the
 * story.
 */
#include "base/clock.h"
#include "base/macro.h"
#include "capture/watchdog.h"
#include "dumpfile/manifest.h"
#include "plan/plan.h"
#include "target/target.h"

/* In their order. The names are those of lastword.fault= and of messages. */
enum phase {
	PHASE_MODULES,
	PHASE_NETWORK,
	PHASE_TARGET, /* device, mount, directory */
	PHASE_LOG,    /* vmcore-dmesg.txt */
	PHASE_REPORT, /* report.txt, report.json */
	PHASE_PRE,    /* hooks before the dump */
	PHASE_DUMP,   /* vmcore */
	PHASE_MANIFEST,
	PHASE_POST,   /* hooks behind it */
	PHASE_OWNLOG, /* kexec-dmesg.log */
	PHASE_CLOSE,  /* sync, unmount */
	PHASE_COUNT,
	/* No phases, but places where a fault can be. */
	PLACE_SUPERVISOR = PHASE_COUNT, /* while the worker is in the dump phase */
	PLACE_ACTION,			/* instead of the reboot */
	PLACE_WORDS,			/* in the process that tells the last words */
	PLACE_HALF,			/* when half of the dump is written */
	PLACE_COUNT,
};

const char *phase_name(enum phase p);

/* Faults that tests inject with the kernel command line word lastword.fault=PHASE:KIND, or KIND alone for
 * the dump phase. */
enum fault_kind {
	FAULT_NONE,
	FAULT_KILL, /* the process kills itself */
	FAULT_HANG, /* it stops making progress */
	FAULT_OOM,  /* it takes memory until it is killed */
};

struct fault {
	enum fault_kind kind;
	enum phase phase;
	unsigned patience; /* seconds that replace the plan's limits for this run; 0: none do */
};

/* What follows a word that ends in '=' on the kernel's command line, NULL where the word is absent. */
const char *cmdline_word(const char *cmdline, const char *word);

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
	/* What the directory is called there. */
	char dir_on[PLAN_TARGETS_MAX][TARGET_DIR_NAME];
	bool log_saved; /* on any of them */
	bool dump_saved;
	bool vetoed;  /* a hook wants no dump */
	bool looping; /* the plan's rule for crash loops holds: no dump */
	bool pre_begun, post_begun, emergency_begun; /* hooks: each kind once */
	enum phase phase;			     /* the worker's */
	/* For who is told over the network: see stages.h. */
	char opened[300];     /* the target and the directory, as said */
	uint64_t done, total; /* of the dump; total 0: not known */
	char result[400];     /* of a dump that is saved */
	char failure[200];    /* of the newest phase that failed */
	bool ended;	      /* nothing is saved any more; the action follows */
	enum plan_action action;
	struct manifest manifest;
};

struct capture {
	struct plan *plan;
	struct fault fault;
	struct board *board;
	usec_t started;	       /* of PID 1 */
	unsigned attempt;      /* workers before this one */
	uint32_t first_target; /* of the plan's, for this worker */
	bool again;	       /* that target has seen a worker die */
	bool retry;	       /* another worker will go on with the dump that this one has left */
	bool resume;	       /* this worker is that other one */
	bool emergency;	       /* for hooks_last(): the dump failed */
	bool resort;	       /* and the last resort is yet to come */
	struct watchdogs watchdogs; /* the supervisor's */
	int report_fd;		    /* worker's end of the pipe; see watch.h */
};
