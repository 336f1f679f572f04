/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where a task waits, by its stack; and for which lock, by what it left there.
 */
#include "inspect/choose.h"

enum lock_kind { LOCK_NONE, LOCK_MUTEX, LOCK_RWSEM, LOCK_SEMAPHORE, LOCK_KINDS };

/* "mutex", "rw_semaphore", "semaphore": the struct's name. */
const char *lock_kind_name(enum lock_kind kind);

#define WAIT_NAME_SIZE 128

struct wait {
	const struct task *task;
	uint64_t age;		       /* ns since it last got a CPU */
	char function[WAIT_NAME_SIZE]; /* below the scheduler's; "" where the stack is not known */
	char caller
		[WAIT_NAME_SIZE]; /* who asked for the lock, with "+offset"; of other waits the caller of function */
	uint64_t stack;	     /* equal for tasks whose calls are equal; 0 where not known */
	enum lock_kind kind; /* by its calls; LOCK_NONE: no lock that is known here */
	bool writer;	     /* of LOCK_RWSEM */
	uint64_t lock;	     /* its address; 0: not found or not verified */
};

struct waits;

/* Opens what is needed once for many tasks. -ENOENT and others where symbols, types or stacks lack. */
int waits_open(struct inspect *c, struct waits **ret, struct error *e) _must_check_;
struct waits *waits_free(struct waits *w);
DEFINE_CLEANUP(struct waits *, waits_free)

/* A stack that is not in the dump leaves names empty. */
void wait_find(struct waits *w, const struct task *task, struct wait *ret);

/*
 * The tasks in a lock's queue, by one that waits in it (wait_find() with a lock): each is verified to stand in the queue.
 * emit returns non-zero to stop.
 */
void wait_queue(struct waits *w, const struct wait *one,
		void (*emit)(void *user, const struct task *task), void *user);

/* The words of a task's stack that are in use. *ret is allocated. 0 words where it is not in the dump. */
size_t wait_stack_words(struct waits *w, const struct task *task, uint64_t **ret,
			uint64_t *ret_start);
