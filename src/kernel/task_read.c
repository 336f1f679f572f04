/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One task as its task_struct tells it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/task_impl.h"

/* include/linux/threads.h: PID_MAX_LIMIT */
#define PID_LIMIT (4 * 1024 * 1024)

bool task_read_number(struct kernel_reader *r, uint64_t addr, size_t size, uint64_t *ret)
{
	uint8_t bytes[8] = { 0 };

	if (size == 0 || size > sizeof(bytes) || kernel_read(r, addr, bytes, size, NULL) < 0)
		return false;
	*ret = le64_get(bytes);
	return true;
}

/* 0 where the member or its memory is missing. */
uint64_t task_number(const struct tasks *t, uint64_t base, const struct type_member *m)
{
	uint64_t value = 0;

	task_read_number(t->reader, base + m->offset, MIN(m->size, 8u), &value);
	return value;
}

int task_find_layout(struct tasks *t, struct error *e)
{
	struct task_layout *l = &t->layout;
	const struct {
		const char *path;
		const char *other; /* older or newer kernels' name */
		struct type_member *member;
		bool needed;
	} wanted[] = {
		{ "task_struct.tasks", NULL, &l->tasks, true },
		{ "task_struct.pid", NULL, &l->pid, true },
		{ "task_struct.comm", NULL, &l->comm, true },
		{ "task_struct.children", NULL, &l->children, false },
		{ "task_struct.sibling", NULL, &l->sibling, false },
		{ "task_struct.tgid", NULL, &l->tgid, false },
		{ "task_struct.thread_node", NULL, &l->node, false },
		{ "task_struct.signal", NULL, &l->signal, false },
		{ "signal_struct.thread_head", NULL, &l->head, false },
		{ "task_struct.real_parent", NULL, &l->parent, false },
		{ "task_struct.thread_info.cpu", "task_struct.cpu", &l->cpu, false },
		{ "task_struct.__state", "task_struct.state", &l->state, false },
		{ "task_struct.exit_state", NULL, &l->exit_state, false },
		{ "task_struct.policy", NULL, &l->policy, false },
		{ "task_struct.flags", NULL, &l->flags, false },
		{ "task_struct.sched_info.last_arrival", "task_struct.se.exec_start", &l->last_run,
		  false },
		{ "task_struct.mm", NULL, &l->mm, false },
		{ "task_struct.stack", NULL, &l->stack, false },
		{ "task_struct.thread.sp", NULL, &l->sp, false },
		{ "task_struct.start_time", NULL, &l->start, false },
		{ "mm_struct.total_vm", NULL, &l->total_vm, false },
		{ "mm_struct.rss_stat.count[0]", "mm_struct.rss_stat[0].count", &l->rss[0], false },
		{ "mm_struct.rss_stat.count[1]", "mm_struct.rss_stat[1].count", &l->rss[1], false },
		{ "mm_struct.rss_stat.count[3]", "mm_struct.rss_stat[3].count", &l->rss[2], false },
		{ "task_struct.rss_stat.count[0]", NULL, &l->own_rss[0], false },
		{ "task_struct.rss_stat.count[1]", NULL, &l->own_rss[1], false },
		{ "task_struct.rss_stat.count[3]", NULL, &l->own_rss[2], false },
		{ "mm_struct.rss_stat[0].counters", NULL, &l->rss_percpu[0], false },
		{ "mm_struct.rss_stat[1].counters", NULL, &l->rss_percpu[1], false },
		{ "mm_struct.rss_stat[3].counters", NULL, &l->rss_percpu[2], false },
		{ "inactive_task_frame.bp", NULL, &l->frame_bp, false },
		{ "inactive_task_frame.ret_addr", NULL, &l->frame_return, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!types_member(t->types, wanted[i].path, wanted[i].member) &&
		    (!wanted[i].other ||
		     !types_member(t->types, wanted[i].other, wanted[i].member)) &&
		    wanted[i].needed)
			return error_set(e, -ENOENT, "the kernel's types have no %s",
					 wanted[i].path);
	types_size(t->types, "inactive_task_frame", &l->frame_size);
	return 0;
}

static int compare_pids(const void *a, const void *b)
{
	const struct task *x = a, *y = b;

	if (x->idle != y->idle)
		return x->idle ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

/* What each CPU has counted of a percpu_counter and not yet added to it. */
static int64_t uncounted(const struct tasks *t, uint64_t counters)
{
	int64_t sum = 0;

	for (unsigned cpu = 0; t->percpu && counters && cpu < t->percpu->count; cpu++) {
		uint64_t value;

		if (t->percpu->online[cpu] &&
		    task_read_number(t->reader, counters + t->percpu->offsets[cpu], 4, &value))
			sum += (int32_t)value;
	}
	return sum;
}

/*
 * Pages by the counters of an mm: file, anonymous and shared memory. Until 6.1 they are plain counts, since then each is
 * a percpu_counter.
 */
static uint64_t rss_pages(const struct tasks *t, uint64_t mm)
{
	const struct task_layout *l = &t->layout;
	int64_t pages = 0;

	for (size_t i = 0; i < RSS_COUNTERS; i++) {
		uint64_t value = 0;

		if (!l->rss[i].size || !task_read_number(t->reader, mm + l->rss[i].offset,
							 MIN(l->rss[i].size, 8u), &value))
			return 0;
		pages += (int64_t)value;
		if (l->rss_percpu[i].size)
			pages += uncounted(t, task_number(t, mm, &l->rss_percpu[i]));
	}
	return pages > 0 ? pages : 0;
}

/* Until 6.1 each task counts some pages by itself before it adds them to its mm's. */
static int64_t own_pages(const struct tasks *t, const struct task *task)
{
	const struct task_layout *l = &t->layout;
	int64_t pages = 0;

	for (size_t i = 0; i < RSS_COUNTERS; i++)
		pages += (int32_t)task_number(t, task->addr, &l->own_rss[i]);
	return pages;
}

void tasks_add_own_pages(struct tasks *t)
{
	_cleanup_free_ int64_t *pages = calloc(t->count + 1, sizeof(*pages));

	if (!t->layout.own_rss[0].size || !pages)
		return;
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < t->count; i++) {
			struct task *task = &t->list[i];
			const struct task key = { .pid = task->tgid };
			const struct task *leader;

			if (!task->mm)
				continue;
			leader = bsearch(&key, t->list, t->count, sizeof(key), compare_pids);
			if (leader && pass == 0)
				pages[leader - t->list] += own_pages(t, task);
			else if (leader)
				task->rss +=
					MAX(pages[leader - t->list], -(int64_t)task->rss / 4) * 4;
		}
}

static void read_memory(const struct tasks *t, struct task *task)
{
	task->vsz = task_number(t, task->mm, &t->layout.total_vm) * 4;
	task->rss = rss_pages(t, task->mm) * 4;
}

/* Is the memory the machine's though not in the dump? */
static bool is_missing(int err)
{
	return err == -ENODATA || err == -ENXIO || err == -EIO;
}

static bool read_name(struct tasks *t, struct task *task)
{
	int err = kernel_read(t->reader, task->addr + t->layout.comm.offset, task->comm,
			      TASK_COMM_SIZE - 1, NULL);

	if (is_missing(err))
		strcpy(task->comm, "?");
	return is_missing(err) || (err == 0 && memchr(task->comm, '\0', TASK_COMM_SIZE - 1));
}

static bool read_pid(struct tasks *t, struct task *task)
{
	uint8_t pid[4];
	int err = kernel_read(t->reader, task->addr + t->layout.pid.offset, pid, sizeof(pid), NULL);

	task->pid = err == 0 ? le32_get(pid) : TASK_PID_UNKNOWN;
	return is_missing(err) || (err == 0 && task->pid <= PID_LIMIT);
}

bool task_read(struct tasks *t, uint64_t addr, struct task *ret)
{
	const struct task_layout *l = &t->layout;
	struct task task = { .addr = addr };
	uint64_t state, exit_state;

	if (addr % 8 || !read_pid(t, &task) || !read_name(t, &task))
		return false;
	task.tgid = task_number(t, addr, &l->tgid);
	task.cpu = task_number(t, addr, &l->cpu);
	task.state = TASK_STATE_UNKNOWN;
	if (task_read_number(t->reader, addr + l->state.offset, MIN(l->state.size, 4u), &state) &&
	    task_read_number(t->reader, addr + l->exit_state.offset, 4, &exit_state))
		task.state = state | exit_state;
	task.policy = task_number(t, addr, &l->policy);
	task.flags = task_number(t, addr, &l->flags);
	task.last_run = task_number(t, addr, &l->last_run);
	task.mm = task_number(t, addr, &l->mm);
	task.stack = task_number(t, addr, &l->stack);
	task.start_time = task_number(t, addr, &l->start);
	task.parent = task_number(t, addr, &l->parent);
	if (task.parent)
		task.ppid = task_number(t, task.parent, &l->tgid);
	if (task.mm)
		read_memory(t, &task);
	*ret = task;
	return true;
}
