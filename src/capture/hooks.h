/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The administrator's programs before and after the dump and after a failure. Each is a process of its own with a process group of
 * its own, is given hook-timeout and killed then; what it says goes to the console, line by line, up to a limit.
 */
#include "capture/worker.h"

/* PHASE_PRE, once. *ret_vetoed: a hook that may do so said that no dump is wanted; one that hung, was killed or could not be run
 * did not. */
void hooks_pre(struct worker *w, bool *ret_vetoed);

/* PHASE_POST: where it is certain by now what becomes of the dump; once. */
void hooks_post(struct worker *w);

/* The same for a worker that died; dir: its dump directory, "" where there is none. */
void hooks_post_after(struct capture *c, const char *dir);

/* Of a process that the supervisor starts: what is still to run, with no target there. c->emergency: those of failure too. */
int hooks_last(struct capture *c);

/* The longest that hooks of a kind take. */
usec_t hooks_time(const struct plan *p, enum plan_hook_when when);
