/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding the tasks: the list of processes, the threads of each, what the run queues name; over damage, the family tree. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "kernel/list.h"
#include "kernel/task_impl.h"

#define NEXT 0
#define PREVIOUS 8
#define INDEX_LEAST 512

static void damage(struct tasks *t, const char *what, uint64_t addr)
{
	if (!t->damage[0])
		snprintf(t->damage, sizeof(t->damage), "%s at 0x%" PRIx64, what, addr);
}

/* ---- the index ---- */

static size_t slot_of(const struct task_index *x, const struct task *list, uint64_t addr)
{
	size_t slot = (addr >> 6) * UINT64_C(0x9e3779b97f4a7c15) >> 20 & (x->room - 1);

	while (x->slots[slot] && list[x->slots[slot] - 1].addr != addr)
		slot = (slot + 1) & (x->room - 1);
	return slot;
}

static int build_index(struct tasks *t, size_t room)
{
	struct task_index x = { calloc(room, sizeof(*x.slots)), room };

	if (!x.slots)
		return -ENOMEM;
	free(t->index.slots);
	t->index = x;
	for (size_t i = 0; i < t->count; i++)
		x.slots[slot_of(&x, t->list, t->list[i].addr)] = i + 1;
	return 0;
}

size_t task_place(const struct tasks *t, uint64_t addr)
{
	return t->index.room ? t->index.slots[slot_of(&t->index, t->list, addr)] - 1 : SIZE_MAX;
}

static int add_task(struct tasks *t, const struct task *task)
{
	if (t->count >= TASKS_MAX) {
		damage(t, "there are more tasks than can be; the next", task->addr);
		return -E2BIG;
	}
	if (t->count == t->room) {
		size_t wider = t->room ? t->room * 2 : INDEX_LEAST / 2;
		struct task *grown = reallocarray(t->list, wider, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		t->list = grown;
		t->room = wider;
		if (build_index(t, wider * 2) < 0)
			return -ENOMEM;
	}
	t->list[t->count] = *task;
	t->index.slots[slot_of(&t->index, t->list, task->addr)] = t->count + 1;
	t->count++;
	return 0;
}

/* A task on a list; idle tasks, which alone have pid 0, are on none. */
static bool read_listed(struct tasks *t, uint64_t addr, struct task *ret)
{
	return task_read(t, addr, ret) && ret->pid != 0;
}

/* ---- threads ---- */

/*
 * A ring of the threads and the head in their signal_struct. Nothing of that is read where it comes last, as it does where
 * the leader is the first: it may not be in the dump.
 */
static int walk_threads(struct tasks *t, const struct task *leader, uint64_t head, unsigned link,
			bool *ret_closed)
{
	const struct task_layout *l = &t->layout;
	uint64_t start = leader->addr + l->node.offset, node = start;

	*ret_closed = false;
	for (;;) {
		struct task task;
		uint64_t at = node;
		int err;

		if (!task_read_number(t->reader, node + link, 8, &node)) {
			*ret_closed = at == head;
			if (at != head)
				damage(t, "the list of threads is cut", at);
			return 0;
		}
		if (node == start) {
			*ret_closed = true;
			return 0;
		}
		if (node == head && at != head)
			continue;
		if (!read_listed(t, node - l->node.offset, &task) ||
		    (task.tgid && task.tgid != leader->tgid)) {
			damage(t, "the list of threads leads to no task", node);
			return 0;
		}
		if (task_place(t, task.addr) != SIZE_MAX)
			return 0;
		task.tgid = leader->tgid;
		err = add_task(t, &task);
		if (err < 0)
			return err;
	}
}

static int add_threads(struct tasks *t, const struct task *leader)
{
	const struct task_layout *l = &t->layout;
	uint64_t signal = task_number(t, leader->addr, &l->signal), head;
	bool closed;
	int err;

	if (!l->head.size || !l->node.size)
		return 0;
	head = signal + l->head.offset;
	err = walk_threads(t, leader, head, NEXT, &closed);
	if (err == 0 && !closed)
		err = walk_threads(t, leader, head, PREVIOUS, &closed);
	return err;
}

/* ---- processes ---- */

static int add_process(struct tasks *t, const struct task *task)
{
	int err = add_task(t, task);

	return err < 0 ? err : add_threads(t, task);
}

/* From init_task on. *ret_closed: it led back there, or to what another walk has been at. */
static int walk_processes(struct tasks *t, uint64_t head, unsigned link, bool *ret_closed)
{
	const struct task_layout *l = &t->layout;
	const size_t known = t->count;
	uint64_t node = head;

	*ret_closed = false;
	for (;;) {
		struct task task;
		uint64_t at = node;
		size_t place;
		int err;

		if (!task_read_number(t->reader, node + link, 8, &node)) {
			damage(t, "the list of tasks is cut", at);
			return 0;
		}
		if (node == head) {
			*ret_closed = true;
			return 0;
		}
		place = task_place(t, node - l->tasks.offset);
		if (place != SIZE_MAX) {
			*ret_closed = place < known;
			if (!*ret_closed)
				damage(t, "the list of tasks runs in a circle", node);
			return 0;
		}
		if (!read_listed(t, node - l->tasks.offset, &task)) {
			damage(t, "the list of tasks leads to no task", node);
			return 0;
		}
		err = add_process(t, &task);
		if (err < 0)
			return err;
	}
}

static int add_found(struct tasks *t, uint64_t addr)
{
	struct task task;

	if (!addr || task_place(t, addr) != SIZE_MAX || !read_listed(t, addr, &task))
		return 0;
	return add_process(t, &task);
}

static int emit_child(void *user, uint64_t node)
{
	struct tasks *t = user;
	struct task task;

	/* what is no task ends the walk of these children, and no more */
	if (!read_listed(t, node - t->layout.sibling.offset, &task))
		return 1;
	return add_found(t, task.addr);
}

/* Parents and children of all that are known, and theirs: where the list does not close. */
static int add_family(struct tasks *t, uint64_t init)
{
	const struct task_layout *l = &t->layout;
	int err = 0;

	if (!l->children.size || !l->sibling.size)
		return 0;
	err = list_each(t->reader, init + l->children.offset, NEXT, emit_child, t, NULL);
	for (size_t i = 0; i < t->count && err != -ENOMEM && err != -E2BIG; i++) {
		if (t->list[i].parent != init)
			err = add_found(t, t->list[i].parent);
		if (err == 0)
			err = list_each(t->reader, t->list[i].addr + l->children.offset, NEXT,
					emit_child, t, NULL);
	}
	return err == -ENOMEM || err == -E2BIG ? err : 0;
}

/* A bad link may lead to the head early: the other direction then begins with a task that is not known. */
static bool leads_past(const struct tasks *t, uint64_t head)
{
	uint64_t last;

	return task_read_number(t->reader, head + PREVIOUS, 8, &last) && last != head &&
	       task_place(t, last - t->layout.tasks.offset) == SIZE_MAX;
}

static int add_listed(struct tasks *t, struct error *e)
{
	uint64_t init, head;
	bool closed;
	int err;

	if (!symbols_find(t->symbols, "init_task", &init))
		return error_set(e, -ENOENT, "no symbol init_task");
	head = init + t->layout.tasks.offset;
	err = walk_processes(t, head, NEXT, &closed);
	if (err == 0 && closed && leads_past(t, head)) {
		damage(t, "the list of tasks leads past some of them", head);
		closed = false;
	}
	if (err == 0 && !closed)
		err = walk_processes(t, head, PREVIOUS, &closed);
	if (err == 0 && !closed)
		err = add_family(t, init);
	return err < 0 && err != -E2BIG ? error_errno(e, err, "list of tasks") : 0;
}

/* ---- run queues: each names its idle task, and the task that ran ---- */

static int add_idle(struct tasks *t, uint64_t runqueues)
{
	struct type_member idle;

	if (!types_member(t->types, "rq.idle", &idle))
		return 0;
	for (unsigned cpu = 0; cpu < t->percpu->count; cpu++) {
		struct task task;
		uint64_t addr = task_number(t, runqueues + t->percpu->offsets[cpu], &idle);
		int err;

		if (!addr || !task_read(t, addr, &task) || task.pid != 0 ||
		    task_place(t, addr) != SIZE_MAX)
			continue;
		task.idle = true;
		task.ppid = 0;
		task.parent = 0;
		(void)symbols_find(t->symbols, "init_task", &task.parent);
		task.cpu = cpu;
		err = add_task(t, &task);
		if (err < 0)
			return err;
	}
	return 0;
}

static int mark_current(struct tasks *t, uint64_t runqueues)
{
	struct type_member curr;

	if (!types_member(t->types, "rq.curr", &curr))
		return 0;
	for (unsigned cpu = 0; cpu < t->percpu->count; cpu++) {
		uint64_t addr = task_number(t, runqueues + t->percpu->offsets[cpu], &curr);
		int err = add_found(t, addr);
		size_t place = task_place(t, addr);

		if (err < 0)
			return err;
		if (place != SIZE_MAX) {
			t->list[place].current = true;
			t->list[place].cpu = cpu;
		}
	}
	return 0;
}

static int compare_tasks(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	if (x->idle != y->idle)
		return x->idle ? -1 : 1;
	if (x->idle && x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->addr > y->addr) - (x->addr < y->addr);
}

int tasks_collect(struct tasks *t, struct error *e)
{
	uint64_t runqueues, init;
	int err = add_listed(t, e);

	if (err < 0)
		return err;
	if (t->percpu && symbols_find(t->symbols, "runqueues", &runqueues)) {
		err = add_idle(t, runqueues);
		if (err == 0)
			err = mark_current(t, runqueues);
		/* where the list could not be followed from its head, those that ran lead to the others */
		if (err == 0 && t->damage[0] && symbols_find(t->symbols, "init_task", &init))
			err = add_family(t, init);
	}
	if ((err == 0 || err == -E2BIG) && t->count > 0) {
		qsort(t->list, t->count, sizeof(*t->list), compare_tasks);
		err = build_index(t, t->index.room);
	}
	return err < 0 ? error_errno(e, err, "tasks") : 0;
}
