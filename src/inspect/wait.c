/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/wait.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "inspect/sched_clock.h"
#include "inspect/wait_impl.h"

/* How many waiters of one lock are followed. */
#define QUEUE_MAX 100000

static const struct {
	const char *name, *type, *waiter;
} kinds[] = {
	[LOCK_NONE] = { "", NULL, NULL },
	[LOCK_MUTEX] = { "mutex", "mutex", "mutex_waiter" },
	[LOCK_RWSEM] = { "rw_semaphore", "rw_semaphore", "rwsem_waiter" },
	[LOCK_SEMAPHORE] = { "semaphore", "semaphore", "semaphore_waiter" },
};

const char *lock_kind_name(enum lock_kind kind)
{
	return kinds[kind].name;
}

static void find_layout(struct types *types, enum lock_kind kind, struct wait_layout *ret)
{
	struct type_member list, task, head;
	char path[64];

	snprintf(path, sizeof(path), "%s.list", kinds[kind].waiter);
	if (!types_member(types, path, &list))
		return;
	snprintf(path, sizeof(path), "%s.task", kinds[kind].waiter);
	if (!types_member(types, path, &task))
		return;
	snprintf(path, sizeof(path), "%s.wait_list", kinds[kind].type);
	ret->ring = !types_member(types, path, &head);
	if (ret->ring) {
		/* since 7.1: the lock points to one of a circle of waiters */
		snprintf(path, sizeof(path), "%s.first_waiter", kinds[kind].type);
		if (!types_member(types, path, &head))
			return;
	}
	ret->list = list.offset;
	ret->task = task.offset;
	ret->head = head.offset;
	ret->known = true;
}

int waits_open(struct inspect *c, struct waits **ret, struct error *e)
{
	_cleanup_(waits_freep) struct waits *w = calloc(1, sizeof(*w));
	const struct stacks *stacks;
	struct types *types;
	int err;

	if (!w)
		return error_errno(e, -ENOMEM, "waits");
	w->c = c;
	err = inspect_tasks(c, &w->tasks, e);
	if (err == 0)
		err = inspect_unwinder(c, &w->unwinder, e);
	if (err == 0)
		err = inspect_stacks(c, &stacks, e);
	if (err == 0)
		err = inspect_types(c, &types, e);
	if (err < 0)
		return err;
	w->known = calloc(tasks_list(w->tasks, &w->list) + 1, sizeof(*w->known));
	if (!w->known)
		return error_errno(e, -ENOMEM, "waits");
	w->stack_size = stacks_thread_size(stacks);
	for (enum lock_kind kind = LOCK_MUTEX; kind < LOCK_KINDS; kind++)
		find_layout(types, kind, &w->layout[kind]);
	if (!types_member(types, "task_struct.blocker", &w->blocker))
		w->blocker.size = 0;
	w->clock = sched_clock_latest(c);
	*ret = TAKE_PTR(w);
	return 0;
}

struct waits *waits_free(struct waits *w)
{
	if (w)
		free(w->known);
	free(w);
	return NULL;
}

bool wait_word(struct waits *w, uint64_t addr, uint64_t *ret)
{
	return addr % 8 == 0 && inspect_number(w->c, addr, 8, ret, NULL) == 0;
}

size_t wait_stack_words(struct waits *w, const struct task *task, uint64_t **ret,
			uint64_t *ret_start)
{
	_cleanup_free_ uint64_t *words = NULL;
	struct regs regs;
	uint64_t start, end = task->stack + w->stack_size;
	bool is_call;
	size_t count;

	if (!task->stack || task_registers(w->tasks, task, &regs, &is_call, NULL) < 0)
		return 0;
	start = align_down(regs.r[PT_SP], 8);
	if (start < task->stack || start >= end)
		return 0;
	count = (end - start) / 8;
	words = calloc(count, sizeof(*words));
	if (!words || kernel_read(w->c->reader, start, words, count * 8, NULL) < 0)
		return 0;
	for (size_t i = 0; i < count; i++)
		words[i] = le64_get(&words[i]);
	*ret = TAKE_PTR(words);
	*ret_start = start;
	return count;
}

/* The task of a waiter whose list entry is at node: it lies on that task's own stack. NULL: node is none. */
static const struct task *waiter_of(struct waits *w, const struct wait_layout *l, uint64_t node)
{
	const struct task *task;
	uint64_t addr;

	if (!wait_word(w, node - l->list + l->task, &addr))
		return NULL;
	task = tasks_by_addr(w->tasks, addr);
	return task && task->stack && node >= task->stack && node < task->stack + w->stack_size
		       ? task
		       : NULL;
}

/*
 * From one waiter around its list. *ret_head: the list's head, which is no waiter; 0 where the list is a circle of
 * waiters alone. False where it is no list.
 */
static bool walk(struct waits *w, const struct wait_layout *l, uint64_t start, uint64_t *ret_head,
		 void (*emit)(void *user, const struct task *task), void *user)
{
	uint64_t node = start, next, back;

	*ret_head = 0;
	for (unsigned i = 0; i < QUEUE_MAX; i++) {
		const struct task *task = waiter_of(w, l, node);

		if (!task && *ret_head)
			return false;
		if (!task)
			*ret_head = node;
		else if (emit)
			emit(user, task);
		if (!wait_word(w, node, &next) || !wait_word(w, next + 8, &back) || back != node)
			return false;
		if (next == start)
			return true;
		node = next;
	}
	return false;
}

/* Does a lock at addr name the circle of waiters that start is one of? */
static bool names_ring(struct waits *w, const struct wait_layout *l, uint64_t addr, uint64_t start)
{
	uint64_t first, node = start;

	if (addr < UINT64_C(1) << 63 || !wait_word(w, addr + l->head, &first) || !first)
		return false;
	for (unsigned i = 0; i < QUEUE_MAX; i++) {
		if (node - l->list == first)
			return true;
		if (!wait_word(w, node, &node) || node == start)
			return false;
	}
	return false;
}

/* What the kernel itself wrote down of what blocks a task (kernels since 6.16), then every word of its stack. */
static uint64_t find_by_ring(struct waits *w, const struct wait_layout *l, const struct task *task,
			     uint64_t entry, const uint64_t *words, size_t count)
{
	uint64_t addr;

	if (w->blocker.size == 8 && wait_word(w, task->addr + w->blocker.offset, &addr) &&
	    names_ring(w, l, align_down(addr, 8), entry))
		return align_down(addr, 8);
	for (size_t i = 0; i < count; i++)
		if (words[i] % 8 == 0 && names_ring(w, l, words[i], entry))
			return words[i];
	return 0;
}

static void note_known(void *user, const struct task *task)
{
	struct waits *w = user;

	w->known[task - w->list] = w->now;
}

/* The waiter is on the task's own stack and names the task. */
static uint64_t find_lock(struct waits *w, const struct task *task, enum lock_kind kind)
{
	const struct wait_layout *l = &w->layout[kind];
	_cleanup_free_ uint64_t *words = NULL;
	uint64_t start, entry = 0, ignored, lock = 0;
	size_t count;

	/* one that waited in the same queue led to it */
	if (w->known[task - w->list])
		return w->known[task - w->list];
	count = l->known ? wait_stack_words(w, task, &words, &start) : 0;

	for (size_t i = 0; i < count && !lock; i++) {
		uint64_t head;

		entry = start + i * 8 - l->task + l->list;
		if (words[i] != task->addr || entry < start ||
		    !walk(w, l, entry, &head, NULL, NULL))
			continue;
		if (head && !l->ring)
			lock = head - l->head;
		else if (!head && l->ring)
			lock = find_by_ring(w, l, task, entry, words, count);
	}
	w->now = lock;
	if (lock)
		(void)walk(w, l, entry, &ignored, note_known, w);
	return lock;
}

void wait_queue(struct waits *w, const struct wait *one,
		void (*emit)(void *user, const struct task *task), void *user)
{
	const struct wait_layout *l = &w->layout[one->kind];
	uint64_t entry, first, head;

	/* in the queue's order where it has a head; the first waiter else */
	if (!wait_word(w, one->lock + l->head, &first))
		return;
	entry = l->ring ? first + l->list : first;
	(void)walk(w, l, entry, &head, emit, user);
}

void wait_find(struct waits *w, const struct task *task, struct wait *ret)
{
	*ret = (struct wait){
		.task = task,
		.age = w->clock > task->last_run ? w->clock - task->last_run : 0,
	};
	wait_names(w, task, ret);
	if (ret->kind != LOCK_NONE)
		ret->lock = find_lock(w, task, ret->kind);
}
