/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Tasks that wait and cannot be interrupted (state UN), as khungtaskd watches them: the longest first.
 */
#include "inspect/lock.h"

struct blocked_task {
	struct wait wait;
	size_t alike; /* how many of the list have these calls; counted at the oldest of them, 0 at the others */
};

struct blocked {
	struct blocked_task *list; /* oldest first */
	size_t count;
	uint64_t threshold; /* ns after which khungtaskd complains; 0: never, or not known */
	struct locks locks; /* the locks they wait for */
};

int blocked_find(struct inspect *c, struct blocked *ret, struct error *e) _must_check_;
void blocked_done(struct blocked *b);

/* The lock that a blocked task waits for, or NULL. */
const struct lock *blocked_lock(const struct blocked *b, const struct blocked_task *t);
