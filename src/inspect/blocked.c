/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/blocked.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>

#include "inspect/sched_clock.h"

#define NSEC_PER_SEC UINT64_C(1000000000)
#define PIDS_SHOWN 12

static size_t past_threshold(const struct blocked *b)
{
	size_t n = 0;

	while (b->threshold && n < b->count && b->list[n].wait.age >= b->threshold)
		n++;
	return n;
}

static void print_summary(struct inspect *c, const struct blocked *b)
{
	char age[SCHED_AGE_SIZE];

	if (b->count == 0) {
		fputs("no task is blocked\n", c->out);
		return;
	}
	sched_age(b->list[0].wait.age, age);
	fprintf(c->out, "BLOCKED: %zu, the longest for %s", b->count, age);
	if (b->threshold)
		fprintf(c->out,
			"; %zu longer than the %" PRIu64 " s after which khungtaskd complains",
			past_threshold(b), b->threshold / NSEC_PER_SEC);
	fputs("\n\n", c->out);
}

static void print_lock(struct inspect *c, const struct lock *lock)
{
	char name[LOCK_NAME_SIZE];

	lock_symbol(c, lock->addr, name);
	fprintf(c->out, "    for %s %" PRIx64 "%s", lock_kind_name(lock->kind), lock->addr, name);
	if (lock->owner && lock->owner_is_hint)
		fprintf(c->out, ", last taken by %u \"%s\"", lock->owner->pid, lock->owner->comm);
	else if (lock->owner)
		fprintf(c->out, ", held by %u \"%s\"", lock->owner->pid, lock->owner->comm);
	fputc('\n', c->out);
}

/* The others with these calls come later in the list. */
static void print_alike(struct inspect *c, const struct blocked *b, size_t first)
{
	uint64_t stack = b->list[first].wait.stack;
	size_t shown = 0;

	fprintf(c->out, "    and %zu more with the same calls:", b->list[first].alike - 1);
	for (size_t i = first + 1; i < b->count && shown < PIDS_SHOWN; i++)
		if (b->list[i].wait.stack == stack) {
			fprintf(c->out, " %u", b->list[i].wait.task->pid);
			shown++;
		}
	fputs(b->list[first].alike - 1 > shown ? " …\n" : "\n", c->out);
}

static void print_task(struct inspect *c, const struct blocked *b, size_t i, bool all)
{
	const struct blocked_task *t = &b->list[i];
	const struct lock *lock = blocked_lock(b, t);
	char age[SCHED_AGE_SIZE];

	sched_age(t->wait.age, age);
	fprintf(c->out, "[%s] [%s]  ", age, task_state_name(t->wait.task));
	print_task_line(c->out, t->wait.task);
	if (t->wait.function[0])
		fprintf(c->out, "    in %s%s%s\n", t->wait.function,
			t->wait.caller[0] ? ", called from " : "", t->wait.caller);
	else
		fputs("    (its stack is not in the dump)\n", c->out);
	if (lock)
		print_lock(c, lock);
	if (!all && t->alike > 1)
		print_alike(c, b, i);
}

static void json_task(struct inspect *c, struct json *j, const struct blocked *b,
		      const struct blocked_task *t)
{
	const struct lock *lock = blocked_lock(b, t);
	char name[LOCK_NAME_SIZE] = "";

	if (lock)
		lock_symbol(c, lock->addr, name);
	json_object(j);
	json_task_line(j, t->wait.task);
	json_put_uint(j, "age_ns", t->wait.age);
	json_put_text(j, "function", t->wait.function);
	json_put_text(j, "caller", t->wait.caller);
	json_put_hex(j, "stack", t->wait.stack);
	json_put_string(j, "lock_kind", lock ? lock_kind_name(lock->kind) : NULL);
	json_name(j, "lock");
	if (lock)
		json_hex(j, lock->addr);
	else
		json_string(j, NULL);
	json_put_string(j, "lock_symbol", *name ? name + 1 : NULL);
	json_name(j, "owner_pid");
	if (lock && lock->owner && !lock->owner_is_hint)
		json_uint(j, lock->owner->pid);
	else
		json_string(j, NULL);
	json_object_end(j);
}

static int print_json(struct inspect *c, const struct blocked *b, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;

	inspect_json_begin(c, &j, &buf, "blocked");
	json_put_uint(&j, "threshold_ns", b->threshold);
	json_put_uint(&j, "past_threshold", past_threshold(b));
	json_put_array(&j, "tasks");
	for (size_t i = 0; i < b->count; i++)
		json_task(c, &j, b, &b->list[i]);
	json_array_end(&j);
	return inspect_json_end(c, &j, e);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct blocked b;
	bool all = false;
	int opt, err;

	while ((opt = getopt(argc, argv, "+a")) != -1) {
		if (opt != 'a')
			return inspect_bad_option(argc, argv, e);
		all = true;
	}
	if (optind < argc)
		return error_set(e, -EINVAL, "blocked takes no words");
	err = blocked_find(c, &b, e);
	if (err < 0)
		return err;
	if (c->json) {
		err = print_json(c, &b, e);
	} else {
		print_summary(c, &b);
		for (size_t i = 0; i < b.count; i++)
			if (all || b.list[i].alike)
				print_task(c, &b, i, all);
	}
	blocked_done(&b);
	return err;
}

const struct inspect_command inspect_blocked = {
	.name = "blocked",
	.usage = "[-a]",
	.summary = "tasks that wait and cannot be interrupted, the longest first",
	.details = "The time is since a task last got a CPU. Tasks with the same calls are told "
		   "once, at the "
		   "oldest of them.\n"
		   "  -a  each task by itself\n",
	.run = run,
};
