/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/lock.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>

#include "inspect/sched_clock.h"

struct printer {
	struct inspect *c;
	struct locks locks;
	struct json json;
};

/* "in FUNCTION, called from CALLER": nothing where the stack is not known. */
static void print_place(struct printer *p, const struct wait *wait)
{
	if (!wait->function[0])
		return;
	fprintf(p->c->out, "    in %s%s", wait->function, wait->writer ? ", to write" : "");
	if (wait->caller[0])
		fprintf(p->c->out, ", called from %s", wait->caller);
	fputc('\n', p->c->out);
}

static void print_wait(struct printer *p, const struct wait *wait)
{
	char age[SCHED_AGE_SIZE];

	sched_age(wait->age, age);
	fprintf(p->c->out, "  [%s] [%s]  ", age, task_state_name(wait->task));
	print_task_line(p->c->out, wait->task);
	print_place(p, wait);
}

/* What the owner does: where it waits itself, or that it is on a CPU. */
static void print_owner_state(struct printer *p, const struct lock *lock)
{
	const struct lock *next = locks_of_wait(&p->locks, lock->owner_wait);

	if (lock->owner->current)
		fprintf(p->c->out, "    on CPU %u\n", lock->owner->cpu);
	else
		print_place(p, &lock->owner_at);
	if (next)
		fprintf(p->c->out, "    waits for %s %" PRIx64 "\n", lock_kind_name(next->kind),
			next->addr);
}

static void print_owner(struct printer *p, const struct lock *lock)
{
	static const char *const hints[] = {
		[LOCK_RWSEM] = "  LAST READER: ",
		[LOCK_SEMAPHORE] = "  LAST HOLDER: ",
	};
	FILE *out = p->c->out;

	if (lock->kind == LOCK_RWSEM && lock->owner_is_hint)
		fprintf(out, "  READERS: %" PRIu64 "\n", lock->readers);
	if (lock->owner) {
		fputs(lock->owner_is_hint ? hints[lock->kind] : "  OWNER: ", out);
		print_task_line(out, lock->owner);
		print_owner_state(p, lock);
	} else if (!lock->owner_is_hint) {
		fputs("  OWNER: (no task that is known)\n", out);
	}
	for (size_t i = 0; i < lock->named_count; i++) {
		fputs("  ON THE STACK OF: ", out);
		print_task_line(out, lock->named[i]);
	}
}

static void print_lock(struct printer *p, const struct lock *lock)
{
	char name[LOCK_NAME_SIZE];

	lock_symbol(p->c, lock->addr, name);
	fprintf(p->c->out, "%s %" PRIx64 "%s\n", lock_kind_name(lock->kind), lock->addr, name);
	print_owner(p, lock);
	fprintf(p->c->out, "  WAITERS: %zu\n", lock->count);
	for (size_t i = 0; i < lock->count; i++)
		print_wait(p, &p->locks.waits[lock->waiters[i]]);
	fputc('\n', p->c->out);
}

static void print_deadlock(struct printer *p, const struct deadlock *d)
{
	fprintf(p->c->out, "DEADLOCK of %zu:\n", d->count);
	for (size_t i = 0; i < d->count; i++) {
		const struct wait *wait = &p->locks.waits[d->waits[i]];
		const struct wait *holder = &p->locks.waits[d->waits[(i + 1) % d->count]];
		char name[LOCK_NAME_SIZE];

		lock_symbol(p->c, wait->lock, name);
		fprintf(p->c->out, "  %u \"%s\" waits for %s %" PRIx64 "%s, held by %u \"%s\"\n",
			wait->task->pid, wait->task->comm, lock_kind_name(wait->kind), wait->lock,
			name, holder->task->pid, holder->task->comm);
	}
	fputc('\n', p->c->out);
}

/* Tasks in a lock's functions whose lock could not be found are not kept back. */
static void print_unknown(struct printer *p)
{
	bool any = false;

	for (size_t i = 0; i < p->locks.wait_count; i++) {
		if (p->locks.waits[i].lock)
			continue;
		if (!any)
			fputs("WAITING FOR A LOCK THAT IS NOT FOUND:\n", p->c->out);
		any = true;
		print_wait(p, &p->locks.waits[i]);
	}
}

static void print_text(struct printer *p)
{
	for (size_t i = 0; i < p->locks.deadlock_count; i++)
		print_deadlock(p, &p->locks.deadlocks[i]);
	for (size_t i = 0; i < p->locks.count; i++)
		print_lock(p, &p->locks.list[i]);
	print_unknown(p);
	if (p->locks.wait_count == 0)
		fputs("no task waits for a mutex, a rw_semaphore or a semaphore\n", p->c->out);
}

static void json_task(struct json *j, const struct task *task)
{
	if (!task) {
		json_string(j, NULL);
		return;
	}
	json_object(j);
	json_task_line(j, task);
	json_object_end(j);
}

static void json_wait(struct json *j, const struct wait *wait)
{
	json_object(j);
	json_task_line(j, wait->task);
	json_put_string(j, "state", task_state_name(wait->task));
	json_put_uint(j, "age_ns", wait->age);
	json_put_string(j, "function", wait->function);
	json_put_string(j, "caller", wait->caller);
	json_put_bool(j, "writer", wait->writer);
	json_object_end(j);
}

static void json_lock(struct printer *p, const struct lock *lock)
{
	struct json *j = &p->json;
	char name[LOCK_NAME_SIZE];

	lock_symbol(p->c, lock->addr, name);
	json_object(j);
	json_put_string(j, "kind", lock_kind_name(lock->kind));
	json_put_hex(j, "address", lock->addr);
	json_put_string(j, "symbol", *name ? name + 1 : NULL);
	json_name(j, "owner");
	json_task(j, lock->owner);
	json_put_text(j, "owner_function", lock->owner_at.function);
	json_put_bool(j, "owner_certain", lock->owner && !lock->owner_is_hint);
	json_put_uint(j, "readers", lock->readers);
	json_put_array(j, "on_stacks_of");
	for (size_t i = 0; i < lock->named_count; i++)
		json_task(j, lock->named[i]);
	json_array_end(j);
	json_put_array(j, "waiters");
	for (size_t i = 0; i < lock->count; i++)
		json_wait(j, &p->locks.waits[lock->waiters[i]]);
	json_array_end(j);
	json_object_end(j);
}

static int print_json(struct printer *p, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json *j = &p->json;

	inspect_json_begin(p->c, j, &buf, "lock");
	json_put_array(j, "deadlocks");
	for (size_t i = 0; i < p->locks.deadlock_count; i++) {
		json_array(j);
		for (size_t n = 0; n < p->locks.deadlocks[i].count; n++)
			json_wait(j, &p->locks.waits[p->locks.deadlocks[i].waits[n]]);
		json_array_end(j);
	}
	json_array_end(j);
	json_put_array(j, "locks");
	for (size_t i = 0; i < p->locks.count; i++)
		json_lock(p, &p->locks.list[i]);
	json_array_end(j);
	json_put_array(j, "unknown");
	for (size_t i = 0; i < p->locks.wait_count; i++)
		if (!p->locks.waits[i].lock)
			json_wait(j, &p->locks.waits[i]);
	json_array_end(j);
	return inspect_json_end(p->c, j, e);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct printer p = { .c = c };
	int err;

	if (getopt(argc, argv, "+") != -1)
		return inspect_bad_option(argc, argv, e);
	if (optind < argc)
		return error_set(e, -EINVAL, "lock takes no words");
	err = locks_find(c, &p.locks, e);
	if (err < 0)
		return err;
	if (c->json)
		err = print_json(&p, e);
	else
		print_text(&p);
	locks_done(&p.locks);
	return err;
}

const struct inspect_command inspect_lock = {
	.name = "lock",
	.usage = "",
	.summary = "locks that tasks wait for: who holds them, who waits, deadlocks",
	.details = "Mutexes, rw_semaphores and semaphores, found by the waiters on the stacks of "
		   "sleeping "
		   "tasks; queues are\n"
		   "verified. A semaphore and readers of a rw_semaphore do not tell who has them: "
		   "shown are "
		   "the last one that the\n"
		   "kernel wrote down, and tasks that have the lock's address on their stacks.\n",
	.run = run,
};
