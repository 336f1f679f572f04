/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Mutexes, rw_semaphores and semaphores that tasks wait for: found by the waiters that sleeping tasks have on their stacks, so
 * a lock that nobody waits for is not known. Who holds a mutex, or a rw_semaphore for writing, the lock tells; of readers it
 * has their number and perhaps the last one.
 */
#include "inspect/wait.h"

#define LOCK_NONE_WAIT SIZE_MAX
#define LOCK_NAMED_MAX 8

struct lock {
	enum lock_kind kind;
	uint64_t addr;
	const struct task *owner; /* NULL: not one that is known */
	bool owner_is_hint;	  /* owner is the last reader, or the last who took a semaphore */
	uint64_t readers;	  /* of LOCK_RWSEM held for reading */
	struct wait owner_at;	  /* where the owner sleeps; task NULL where it does not */
	size_t owner_wait; /* what the owner waits for itself: an index into waits, or LOCK_NONE_WAIT */
	size_t *waiters; /* indices into waits, in the queue's order */
	size_t count;
	/* Tasks that do not wait for it and have its address on their stacks, where the lock does not tell who holds it. */
	const struct task *named[LOCK_NAMED_MAX];
	size_t named_count;
};

/* Tasks that wait for one another in a circle: indices into waits, each waiting for a lock that the next one holds. */
struct deadlock {
	size_t *waits;
	size_t count;
};

struct locks {
	struct wait *waits; /* of tasks that wait, oldest first */
	size_t wait_count;
	struct lock *list; /* the lock whose waiter is oldest first */
	size_t count;
	struct deadlock *deadlocks;
	size_t deadlock_count;
};

/* All of them. Tasks whose stacks are not in the dump are left out. */
int locks_find(struct inspect *c, struct locks *ret, struct error *e) _must_check_;
void locks_done(struct locks *locks);

/* The lock that waits[i] waits for, or NULL where it is not known. */
const struct lock *locks_of_wait(const struct locks *locks, size_t i);

/* " locks_a [module]" of a lock that is a variable; "" else. */
#define LOCK_NAME_SIZE 200
void lock_symbol(struct inspect *c, uint64_t addr, char ret[LOCK_NAME_SIZE]);
