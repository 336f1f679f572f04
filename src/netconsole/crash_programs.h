/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The program that is run on each crash: the block on its standard input, the facts in its environment (LASTWORD_ADDRESS,
 * _HOST, _TIME, _TITLE, _KIND, _PANIC, _SIGNATURE, _EXACT, _RELEASE). Some at once; more wait, and what is beyond that is
 * counted. Each has a time; then its process group is killed.
 */
#include "base/clock.h"
#include "netconsole/counters.h"
#include "netconsole/record.h"

#include <sys/types.h>

#define PROGRAMS_AT_ONCE 4
#define PROGRAMS_WAITING 512
#define PROGRAMS_TIME (60 * USEC_PER_SEC)

struct crash_programs_job;

/* Zero-initialised runs nothing. */
struct crash_programs {
	const char *path; /* borrowed; NULL: none */
	struct counters *counters;
	struct crash_programs_running {
		pid_t pid; /* 0: free */
		usec_t deadline;
		bool killed;
	} running[PROGRAMS_AT_ONCE];
	struct crash_programs_job *first;
	size_t waiting;
};

void crash_programs_put(struct crash_programs *p, const struct record *r, usec_t now);

/* Kills what is late and starts what waits. */
void crash_programs_run(struct crash_programs *p, usec_t now);

/* Did that child belong here? */
bool crash_programs_child(struct crash_programs *p, pid_t pid, int status, usec_t now);

/* UINT64_MAX: never. */
usec_t crash_programs_deadline(const struct crash_programs *p);

/* What waits is dropped, what runs is left to itself. */
void crash_programs_done(struct crash_programs *p);
