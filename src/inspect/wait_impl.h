/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts of wait.h: what a task waits in (wait_names.c), and the lock (wait.c). */
#include "inspect/wait.h"

struct wait_layout {
	bool known;
	bool ring;	     /* the lock points to a waiter; else it has the list's head */
	uint64_t list, task; /* in the waiter */
	uint64_t head;	     /* in the lock: wait_list or first_waiter */
};

struct waits {
	struct inspect *c;
	struct tasks *tasks;
	struct unwinder *unwinder;
	uint64_t stack_size;
	uint64_t clock; /* the scheduler's, at the crash */
	struct type_member blocker;
	struct wait_layout layout[LOCK_KINDS];
	struct trace trace;
	const struct task *list; /* all tasks */
	uint64_t *
		known; /* by place in list: the lock whose queue the task was seen in; 0: none yet */
	uint64_t now;  /* the lock whose queue is noted in known */
};

bool wait_word(struct waits *w, uint64_t addr, uint64_t *ret);

/* function, caller, stack, kind and writer of *ret. */
void wait_names(struct waits *w, const struct task *task, struct wait *ret);

/* What kind of lock a function waits for; without suffixes such as ".constprop.0". */
enum lock_kind wait_kind(const char *function, bool *ret_writer);

/* Is it one of the scheduler's, which every waiting task stands in? */
bool wait_is_scheduler(const char *function);
