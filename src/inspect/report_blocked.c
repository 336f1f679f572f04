/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Section: tasks that wait and cannot be interrupted, the longest first. */
#include <inttypes.h>
#include <string.h>

#include "inspect/blocked.h"
#include "inspect/report_impl.h"
#include "inspect/sched_clock.h"

#define TASKS_SHOWN 50
#define STACKS_SHOWN 3
#define NSEC_PER_SEC UINT64_C(1000000000)

static const struct column columns[] = {
	{ "age_ns", NULL, COLUMN_UINT, 0 },
	{ NULL, "for", COLUMN_TEXT, 0 },
	{ "pid", "pid", COLUMN_UINT, 0 },
	{ "comm", "command", COLUMN_TEXT, 0 },
	{ "alike", "alike", COLUMN_UINT, 0 },
	{ "function", "in", COLUMN_TEXT, 0 },
	{ "caller", "called from", COLUMN_TEXT, 0 },
	{ NULL, "waits for", COLUMN_TEXT, 0 },
	{ "lock_kind", NULL, COLUMN_TEXT, 0 },
	{ "lock", NULL, COLUMN_HEX, 0 },
	{ "owner_pid", NULL, COLUMN_TEXT, 0 },
};

/* "mutex locks_a [module], held by 192 locks_ab" */
static void lock_words(struct report *r, const struct lock *lock, char *ret, size_t size)
{
	char name[LOCK_NAME_SIZE], owner[80] = "";

	lock_symbol(r->c, lock->addr, name);
	if (!name[0])
		snprintf(name, sizeof(name), " 0x%" PRIx64, lock->addr);
	if (lock->owner)
		snprintf(owner, sizeof(owner), ", %s by %" PRIu32 " %s",
			 lock->owner_is_hint ? "last taken" : "held", lock->owner->pid,
			 lock->owner->comm);
	snprintf(ret, size, "%s%s%s", lock_kind_name(lock->kind), name, owner);
}

static void add_task(struct report *r, const struct blocked *b, const struct blocked_task *t)
{
	const struct lock *lock = blocked_lock(b, t);
	char age[SCHED_AGE_SIZE], words[LOCK_NAME_SIZE + 120] = "", owner[16] = "";

	sched_age(t->wait.age, age);
	if (lock)
		lock_words(r, lock, words, sizeof(words));
	if (lock && lock->owner && !lock->owner_is_hint)
		snprintf(owner, sizeof(owner), "%" PRIu32, lock->owner->pid);
	document_row(r->doc, (const union cell[]){
				     { .n = t->wait.age },
				     { .text = age },
				     { .n = t->wait.task->pid },
				     { .text = t->wait.task->comm },
				     { .n = t->alike },
				     { .text = t->wait.function },
				     { .text = t->wait.caller },
				     { .text = words },
				     { .text = lock ? lock_kind_name(lock->kind) : NULL },
				     { .n = lock ? lock->addr : 0 },
				     { .text = *owner ? owner : NULL },
			     });
}

/* Those with equal calls stand once, at the oldest. */
static void add_tasks(struct report *r, const struct blocked *b)
{
	size_t shown = 0;

	document_table(r->doc, "tasks", NULL, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < b->count && shown < TASKS_SHOWN && !report_late(r); i++) {
		if (!b->list[i].alike)
			continue;
		add_task(r, b, &b->list[i]);
		shown++;
	}
}

static void add_deadlocks(struct report *r, const struct locks *locks)
{
	for (size_t i = 0; i < locks->deadlock_count; i++) {
		const struct deadlock *d = &locks->deadlocks[i];
		char names[400] = "";
		size_t at = 0;

		for (size_t k = 0; k < d->count && at < sizeof(names); k++) {
			const struct task *t = locks->waits[d->waits[k]].task;

			at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s, pid %" PRIu32,
					       k ? " -> " : "", t->comm, t->pid);
		}
		document_note(r->doc, "deadlock: each waits for what the next one holds: %s",
			      names);
	}
}

static void add_stacks(struct report *r, const struct blocked *b)
{
	struct task_stack s = { 0 };
	unsigned shown = 0;

	document_list(r->doc, "stacks", NULL);
	for (size_t i = 0; i < b->count && shown < STACKS_SHOWN && !report_late(r); i++) {
		const struct task *t = b->list[i].wait.task;

		if (!b->list[i].alike)
			continue;
		report_stack(r, t, &s);
		document_entry(r->doc, true, "Stack of %s, pid %" PRIu32, t->comm, t->pid);
		document_number(r->doc, "pid", NULL, COLUMN_UINT, t->pid);
		if (s.named)
			report_frames(r, &s);
		document_entry_end(r->doc);
		shown++;
	}
	document_list_end(r->doc);
	report_stack_done(&s);
}

void report_blocked(struct report *r)
{
	struct blocked b;
	struct error e = { 0 };
	char age[SCHED_AGE_SIZE];

	if (blocked_find(r->c, &b, &e) < 0) {
		document_damage(r->doc, "%s", error_text(&e));
		return;
	}
	document_number(r->doc, "count", NULL, COLUMN_UINT, b.count);
	document_number(r->doc, "threshold_ns", NULL, COLUMN_UINT, b.threshold);
	if (b.count > 0) {
		sched_age(b.list[0].wait.age, age);
		document_note(r->doc, "%zu tasks wait uninterruptibly, the longest for %s", b.count,
			      age);
		add_tasks(r, &b);
		add_deadlocks(r, &b.locks);
		add_stacks(r, &b);
	} else {
		document_note(r->doc, "no task waits uninterruptibly");
	}
	blocked_done(&b);
}
