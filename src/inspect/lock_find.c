/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/lock.h"

/* kernel/locking/mutex.c and rwsem.c: the low bits of `owner` are flags */
#define OWNER_FLAGS UINT64_C(7)
#define RWSEM_WRITER_LOCKED UINT64_C(1) /* in rw_semaphore.count */
#define RWSEM_READER_SHIFT 8

struct finder {
	struct inspect *c;
	struct waits *waits;
	struct tasks *tasks;
	struct object_source source;
	struct locks locks;
	struct lock *now; /* whose queue is taken */
};

void locks_done(struct locks *locks)
{
	for (size_t i = 0; i < locks->count; i++)
		free(locks->list[i].waiters);
	for (size_t i = 0; i < locks->deadlock_count; i++)
		free(locks->deadlocks[i].waits);
	free(locks->list);
	free(locks->deadlocks);
	free(locks->waits);
	*locks = (struct locks){ 0 };
}

const struct lock *locks_of_wait(const struct locks *locks, size_t i)
{
	for (size_t n = 0; i < locks->wait_count && n < locks->count; n++)
		if (locks->list[n].addr == locks->waits[i].lock &&
		    locks->list[n].kind == locks->waits[i].kind)
			return &locks->list[n];
	return NULL;
}

void lock_symbol(struct inspect *c, uint64_t addr, char ret[LOCK_NAME_SIZE])
{
	struct symbol sym;

	ret[0] = '\0';
	if (!inspect_symbol_at(c, addr, &sym))
		return;
	if (addr == sym.addr)
		snprintf(ret, LOCK_NAME_SIZE, " %.90s", sym.name);
	else
		snprintf(ret, LOCK_NAME_SIZE, " %.90s+%" PRIu64, sym.name, addr - sym.addr);
	if (sym.module)
		snprintf(ret + strlen(ret), LOCK_NAME_SIZE - strlen(ret), " [%s]",
			 sym.module->name);
}

/* Tasks that may wait for a lock: all that sleep but for idle kernel threads. */
static bool may_wait(const struct task *task)
{
	const char *state = task_state_name(task);

	return !task->current && (strcmp(state, "UN") == 0 || strcmp(state, "IN") == 0);
}

static int oldest_first(const void *a, const void *b)
{
	const struct wait *x = a, *y = b;

	if (x->age != y->age)
		return x->age < y->age ? 1 : -1;
	return (x->task > y->task) - (x->task < y->task);
}

static int find_waits(struct finder *f)
{
	const struct task *list;
	size_t n = tasks_list(f->tasks, &list);

	f->locks.waits = calloc(n + 1, sizeof(*f->locks.waits));
	if (!f->locks.waits)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct wait *wait = &f->locks.waits[f->locks.wait_count];

		if (!may_wait(&list[i]))
			continue;
		wait_find(f->waits, &list[i], wait);
		f->locks.wait_count += wait->kind != LOCK_NONE;
	}
	qsort(f->locks.waits, f->locks.wait_count, sizeof(*f->locks.waits), oldest_first);
	return 0;
}

static size_t wait_of(const struct locks *locks, const struct task *task)
{
	for (size_t i = 0; task && i < locks->wait_count; i++)
		if (locks->waits[i].task == task)
			return i;
	return LOCK_NONE_WAIT;
}

static void take_waiter(void *user, const struct task *task)
{
	struct finder *f = user;
	size_t i = wait_of(&f->locks, task);

	if (i == LOCK_NONE_WAIT || f->now->count == f->locks.wait_count ||
	    f->locks.waits[i].kind != f->now->kind)
		return;
	f->now->waiters[f->now->count++] = i;
	f->locks.waits[i].lock = f->now->addr;
}

static const struct task *task_in_word(struct finder *f, uint64_t word)
{
	return tasks_by_addr(f->tasks, word & ~OWNER_FLAGS);
}

static void find_owner(struct finder *f, struct lock *lock)
{
	struct object o;
	uint64_t count;

	if (object_at(&f->source, lock_kind_name(lock->kind), lock->addr, &o, NULL) < 0)
		return;
	switch (lock->kind) {
	case LOCK_MUTEX:
		lock->owner = task_in_word(f, object_number_or_0(&f->source, &o, "owner"));
		break;
	case LOCK_RWSEM:
		count = object_number_or_0(&f->source, &o, "count");
		lock->owner = task_in_word(f, object_number_or_0(&f->source, &o, "owner"));
		if (!(count & RWSEM_WRITER_LOCKED)) {
			lock->readers = (int64_t)count > 0 ? count >> RWSEM_READER_SHIFT : 0;
			lock->owner_is_hint = true;
		}
		break;
	case LOCK_SEMAPHORE:
		lock->owner = task_in_word(f, object_number_or_0(&f->source, &o, "last_holder"));
		lock->owner_is_hint = true;
		break;
	case LOCK_NONE:
	case LOCK_KINDS:
		break;
	}
	lock->owner_wait = wait_of(&f->locks, lock->owner);
	if (lock->owner && !lock->owner->current)
		wait_find(f->waits, lock->owner, &lock->owner_at);
}

static int add_lock(struct finder *f, size_t first)
{
	const struct wait *wait = &f->locks.waits[first];
	struct lock *grown = reallocarray(f->locks.list, f->locks.count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	f->locks.list = grown;
	f->now = &grown[f->locks.count];
	*f->now = (struct lock){ .kind = wait->kind, .addr = wait->lock };
	f->now->waiters = calloc(f->locks.wait_count, sizeof(*f->now->waiters));
	if (!f->now->waiters)
		return -ENOMEM;
	f->locks.count++;
	wait_queue(f->waits, wait, take_waiter, f);
	/* a queue that is damaged further on */
	if (f->now->count == 0)
		f->now->waiters[f->now->count++] = first;
	find_owner(f, f->now);
	return 0;
}

static int find_locks(struct finder *f)
{
	for (size_t i = 0; i < f->locks.wait_count; i++) {
		int err;

		if (!f->locks.waits[i].lock || locks_of_wait(&f->locks, i))
			continue;
		err = add_lock(f, i);
		if (err < 0)
			return err;
	}
	return 0;
}

static bool waits_for(const struct locks *locks, const struct lock *lock, const struct task *task)
{
	size_t i = wait_of(locks, task);

	return i != LOCK_NONE_WAIT && locks_of_wait(locks, i) == lock;
}

/* Does the task have the lock's address in the used part of its stack? */
static void look_for_names(struct finder *f, const struct task *task)
{
	_cleanup_free_ uint64_t *words = NULL;
	uint64_t start;
	size_t count = wait_stack_words(f->waits, task, &words, &start);

	for (size_t n = 0; n < f->locks.count; n++) {
		struct lock *lock = &f->locks.list[n];
		bool named = false;

		if ((lock->owner && !lock->owner_is_hint) || lock->named_count == LOCK_NAMED_MAX ||
		    waits_for(&f->locks, lock, task))
			continue;
		for (size_t i = 0; i < count && !named; i++)
			named = words[i] == lock->addr;
		if (named)
			lock->named[lock->named_count++] = task;
	}
}

/* Stacks are read only where a lock does not tell who holds it. */
static void find_names(struct finder *f)
{
	const struct task *list;
	size_t n = tasks_list(f->tasks, &list);
	bool wanted = false;

	for (size_t i = 0; i < f->locks.count; i++)
		wanted |= !f->locks.list[i].owner || f->locks.list[i].owner_is_hint;
	for (size_t i = 0; wanted && i < n; i++)
		look_for_names(f, &list[i]);
}

/* What the owner of the lock that waits[i] waits for waits for: an index, or LOCK_NONE_WAIT. */
static size_t next_wait(const struct locks *locks, size_t i)
{
	const struct lock *lock = locks_of_wait(locks, i);

	return lock && !lock->owner_is_hint ? lock->owner_wait : LOCK_NONE_WAIT;
}

static int add_deadlock(struct locks *locks, size_t start)
{
	struct deadlock found = { 0 };
	struct deadlock *grown =
		reallocarray(locks->deadlocks, locks->deadlock_count + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	locks->deadlocks = grown;
	found.waits = calloc(locks->wait_count, sizeof(*found.waits));
	if (!found.waits)
		return -ENOMEM;
	for (size_t i = start; found.count == 0 || i != start; i = next_wait(locks, i))
		found.waits[found.count++] = i;
	grown[locks->deadlock_count++] = found;
	return 0;
}

/* Each wait leads to at most one other: a walk that comes back to one of its own steps found a circle. */
static int find_deadlocks(struct locks *locks)
{
	_cleanup_free_ size_t *walk = calloc(locks->wait_count + 1, sizeof(*walk));
	int err = 0;

	if (!walk)
		return -ENOMEM;
	for (size_t i = 0; i < locks->wait_count && err == 0; i++) {
		size_t at = i;

		while (at != LOCK_NONE_WAIT && walk[at] == 0) {
			walk[at] = i + 1;
			at = next_wait(locks, at);
		}
		if (at != LOCK_NONE_WAIT && walk[at] == i + 1)
			err = add_deadlock(locks, at);
	}
	return err;
}

int locks_find(struct inspect *c, struct locks *ret, struct error *e)
{
	_cleanup_(waits_freep) struct waits *waits = NULL;
	struct finder f = { .c = c };
	int err = waits_open(c, &waits, e);

	if (err == 0)
		err = inspect_tasks(c, &f.tasks, e);
	if (err == 0)
		err = inspect_source(c, &f.source, e);
	if (err < 0)
		return err;
	f.waits = waits;
	err = find_waits(&f);
	if (err == 0)
		err = find_locks(&f);
	if (err == 0)
		find_names(&f);
	if (err == 0)
		err = find_deadlocks(&f.locks);
	if (err < 0) {
		locks_done(&f.locks);
		return error_errno(e, err, "locks");
	}
	*ret = f.locks;
	return 0;
}
