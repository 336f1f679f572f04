/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Crashes in what a capture kernel sends again. Its records are read anew and in their order, those that came before too: a block of
 * which the middle was lost is whole here. What was told already, and what has nothing new in it, is not told again.
 * No I/O, no clock.
 */
#include "netconsole/crashes.h"

#define RESENT_WAIT (3 * USEC_PER_SEC) /* they come in a row */
#define RESENT_TOLD 8

/* Zero-initialised is before the first. */
struct resent {
	struct crashes *crashes;
	usec_t deadline; /* where it began: of its end */
	uint64_t told
		[RESENT_TOLD]; /* hashes of the crashes of this kernel, newest at told_count - 1 modulo */
	unsigned told_count;
	bool began, fresh,
		last_fresh; /* fresh: the block being read has a line that did not come before */
};

/* A crash was told, by whatever way. */
void resent_note(struct resent *r, const struct record_crash *crash);

/* emit is only called with what has to be told. */
void resent_put(struct resent *r, struct budget *budget, struct counters *n, uint64_t time_us,
		const char *caller, const char *line, size_t len, bool fresh, usec_t now,
		crashes_emit emit, void *user);

/*
 * The end, when it is due (UINT64_MAX: now); true where it was. *ret_replaces: what the kernel itself sent of the last block, and was not
 * told yet, is in what was told here.
 */
bool resent_expire(struct resent *r, struct budget *budget, struct counters *n, usec_t now,
		   crashes_emit emit, void *user, bool *ret_replaces);

usec_t resent_deadline(const struct resent *r);

/* A new kernel: nothing of it was told. */
void resent_done(struct resent *r, struct budget *budget);
