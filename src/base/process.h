/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Another program, spoken to through pipes. */
#include <sys/types.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"

struct process {
	pid_t pid;
	int in, out, err; /* our ends; -1 once closed */
};

/* argv ends with NULL and argv[0] is a path; environment NULL for ours. */
int process_start(const char *const argv[], char *const environment[], struct process *ret,
		  struct error *e) _must_check_;

/*
 * Closes its input and takes what it writes until it ends; kills it at the deadline of clock_now() (-ETIMEDOUT). An exit status
 * other than 0 is -EIO, with the last line of what it said as words. out may be NULL.
 */
int process_finish(struct process *p, usec_t deadline, struct buf *out,
		   struct error *e) _must_check_;

/* Both at once, nothing given to it. */
int process_run(const char *const argv[], char *const environment[], usec_t deadline,
		struct buf *out, struct error *e) _must_check_;
