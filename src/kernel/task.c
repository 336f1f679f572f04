/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/task.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/percpu.h"

/* A crash note (kernel/crash_core.c): the ELF note's header and "CORE", then struct elf_prstatus. */
#define NOTE_DESC 20
#define NOTE_REGS (NOTE_DESC + 112)
#define NOTE_SIZE (NOTE_REGS + REGS * 8)
#define NT_PRSTATUS 1

/* MM_FILEPAGES, MM_ANONPAGES and MM_SHMEMPAGES of include/linux/mm_types_task.h: 0, 1, 3 */
#define RSS_COUNTERS 3

/* Where the members are that are read of each task. size 0: this kernel does not have it. */
struct task_layout {
	struct type_member tasks, node, signal, head, pid, tgid, comm, parent, cpu, state,
		exit_state, policy, flags, last_run, mm, stack, sp, start, total_vm;
	struct type_member rss[RSS_COUNTERS], rss_percpu[RSS_COUNTERS], own_rss[RSS_COUNTERS];
	uint64_t frame_size;
	struct type_member frame_bp, frame_return;
};

struct tasks {
	struct kernel_reader *reader;
	struct symbols *symbols;
	struct types *types;
	struct task_layout layout;
	struct percpu *percpu; /* NULL where it cannot be told */
	struct task *list;
	size_t count, room;
	char damage[200];
};

static bool read_number(struct kernel_reader *r, uint64_t addr, size_t size, uint64_t *ret)
{
	uint8_t bytes[8] = { 0 };

	if (size == 0 || size > sizeof(bytes) || kernel_read(r, addr, bytes, size, NULL) < 0)
		return false;
	*ret = le64_get(bytes);
	return true;
}

/* 0 where the member or its memory is missing. */
static uint64_t number(const struct tasks *t, uint64_t base, const struct type_member *m)
{
	uint64_t value = 0;

	read_number(t->reader, base + m->offset, MIN(m->size, 8u), &value);
	return value;
}

static void damage(struct tasks *t, const char *what, uint64_t addr)
{
	if (!t->damage[0])
		snprintf(t->damage, sizeof(t->damage), "%s at 0x%" PRIx64, what, addr);
}

static int find_layout(struct tasks *t, struct error *e)
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
		    read_number(t->reader, counters + t->percpu->offsets[cpu], 4, &value))
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

		if (!l->rss[i].size ||
		    !read_number(t->reader, mm + l->rss[i].offset, MIN(l->rss[i].size, 8u), &value))
			return 0;
		pages += (int64_t)value;
		if (l->rss_percpu[i].size)
			pages += uncounted(t, number(t, mm, &l->rss_percpu[i]));
	}
	return pages > 0 ? pages : 0;
}

/* Until 6.1 each task counts some pages by itself before it adds them to its mm's. */
static int64_t own_pages(const struct tasks *t, const struct task *task)
{
	const struct task_layout *l = &t->layout;
	int64_t pages = 0;

	for (size_t i = 0; i < RSS_COUNTERS; i++)
		pages += (int32_t)number(t, task->addr, &l->own_rss[i]);
	return pages;
}

/* Every thread's own pages count for all of its group. The list is sorted. */
static void add_own_pages(struct tasks *t)
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
	task->vsz = number(t, task->mm, &t->layout.total_vm) * 4;
	task->rss = rss_pages(t, task->mm) * 4;
}

/* False where no task is there. */
static bool read_task(struct tasks *t, uint64_t addr, struct task *ret)
{
	const struct task_layout *l = &t->layout;
	struct task task = { .addr = addr };
	uint64_t pid, state, exit_state;

	if (addr % 8 || !read_number(t->reader, addr + l->pid.offset, 4, &pid) ||
	    kernel_read(t->reader, addr + l->comm.offset, task.comm, TASK_COMM_SIZE - 1, NULL) < 0)
		return false;
	task.pid = pid;
	task.tgid = number(t, addr, &l->tgid);
	task.cpu = number(t, addr, &l->cpu);
	task.state = TASK_STATE_UNKNOWN;
	if (read_number(t->reader, addr + l->state.offset, MIN(l->state.size, 4u), &state) &&
	    read_number(t->reader, addr + l->exit_state.offset, 4, &exit_state))
		task.state = state | exit_state;
	task.policy = number(t, addr, &l->policy);
	task.flags = number(t, addr, &l->flags);
	task.last_run = number(t, addr, &l->last_run);
	task.mm = number(t, addr, &l->mm);
	task.stack = number(t, addr, &l->stack);
	task.start_time = number(t, addr, &l->start);
	task.parent = number(t, addr, &l->parent);
	if (task.parent)
		task.ppid = number(t, task.parent, &l->tgid);
	if (task.mm)
		read_memory(t, &task);
	*ret = task;
	return true;
}

static int add_task(struct tasks *t, const struct task *task)
{
	if (t->count >= TASKS_MAX)
		return -E2BIG;
	if (t->count == t->room) {
		size_t wider = t->room ? t->room * 2 : 256;
		struct task *grown = reallocarray(t->list, wider, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		t->list = grown;
		t->room = wider;
	}
	t->list[t->count++] = *task;
	return 0;
}

/* The other threads of a leader. Without its signal_struct the leader stands alone. */
static int add_threads(struct tasks *t, const struct task *leader)
{
	const struct task_layout *l = &t->layout;
	uint64_t signal = number(t, leader->addr, &l->signal), head, node;

	if (!signal || !l->head.size || !l->node.size)
		return 0;
	head = signal + l->head.offset;
	node = head;
	for (unsigned i = 0; i < TASKS_MAX; i++) {
		struct task task;
		int err;

		if (!read_number(t->reader, node, 8, &node)) {
			damage(t, "the list of threads is cut", node);
			return 0;
		}
		if (node == head)
			return 0;
		if (node - l->node.offset == leader->addr)
			continue;
		if (!read_task(t, node - l->node.offset, &task) || task.tgid != leader->tgid) {
			damage(t, "the list of threads leads to no task", node);
			return 0;
		}
		err = add_task(t, &task);
		if (err < 0)
			return err;
	}
	damage(t, "the list of threads has no end", head);
	return 0;
}

/*
 * Along next (or prev, which: 8) from init_task. A slow second walker finds loops that do not come back to the head.
 * *ret_closed: the list ended where it began.
 */
static int walk_list(struct tasks *t, uint64_t head, unsigned which, uint64_t stop,
		     uint64_t *ret_last, bool *ret_closed)
{
	const struct task_layout *l = &t->layout;
	uint64_t node = head, slow = head;

	*ret_closed = false;
	*ret_last = head;
	for (unsigned i = 0; i < TASKS_MAX; i++) {
		struct task task;
		int err;

		if (!read_number(t->reader, node + which, 8, &node)) {
			damage(t, "the list of tasks is cut", node);
			return 0;
		}
		if (node == head || node == stop) {
			*ret_closed = node == head;
			return 0;
		}
		if (i % 2 && (!read_number(t->reader, slow + which, 8, &slow) || slow == node)) {
			damage(t, "the list of tasks runs in a circle", node);
			return 0;
		}
		if (!read_task(t, node - l->tasks.offset, &task)) {
			damage(t, "the list of tasks leads to no task", node);
			return 0;
		}
		err = add_task(t, &task);
		if (err == 0)
			err = add_threads(t, &task);
		if (err < 0)
			return err;
		*ret_last = node;
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

static void drop_doubles(struct tasks *t)
{
	size_t kept = 0;

	qsort(t->list, t->count, sizeof(*t->list), compare_tasks);
	for (size_t i = 0; i < t->count; i++)
		if (kept == 0 || t->list[kept - 1].addr != t->list[i].addr)
			t->list[kept++] = t->list[i];
	t->count = kept;
}

static int add_listed(struct tasks *t, struct error *e)
{
	uint64_t init, head, last, other;
	bool closed;
	int err;

	if (!symbols_find(t->symbols, "init_task", &init))
		return error_set(e, -ENOENT, "no symbol init_task");
	head = init + t->layout.tasks.offset;
	err = walk_list(t, head, 0, head, &last, &closed);
	if (err == 0 && !closed)
		err = walk_list(t, head, 8, last, &other, &closed);
	return err < 0 ? error_errno(e, err, "list of tasks") : 0;
}

/* Each CPU's run queue names its idle task and the one that ran. */
static int add_idle(struct tasks *t, uint64_t runqueues, struct error *e)
{
	struct type_member idle;

	if (!types_member(t->types, "rq.idle", &idle))
		return 0;
	for (unsigned cpu = 0; cpu < t->percpu->count; cpu++) {
		struct task task;
		uint64_t addr = number(t, runqueues + t->percpu->offsets[cpu], &idle);
		int err;

		if (!addr || !read_task(t, addr, &task) || task.pid != 0)
			continue;
		task.idle = true;
		task.ppid = 0;
		task.parent = 0;
		(void)symbols_find(t->symbols, "init_task", &task.parent);
		task.cpu = cpu;
		err = add_task(t, &task);
		if (err < 0)
			return error_errno(e, err, "idle tasks");
	}
	return 0;
}

static void mark_current(struct tasks *t, uint64_t runqueues)
{
	struct type_member curr;

	if (!types_member(t->types, "rq.curr", &curr))
		return;
	for (unsigned cpu = 0; cpu < t->percpu->count; cpu++) {
		uint64_t addr = number(t, runqueues + t->percpu->offsets[cpu], &curr);

		for (size_t i = 0; addr && i < t->count; i++)
			if (t->list[i].addr == addr) {
				t->list[i].current = true;
				t->list[i].cpu = cpu;
			}
	}
}

int tasks_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
	       struct tasks **ret, struct error *e)
{
	_cleanup_(tasks_freep) struct tasks *t = calloc(1, sizeof(*t));
	uint64_t runqueues;
	int err;

	if (!t)
		return error_errno(e, -ENOMEM, "tasks");
	t->reader = r;
	t->symbols = symbols;
	t->types = types;
	if (percpu_open(r, symbols, &t->percpu, NULL) < 0)
		t->percpu = NULL;
	err = find_layout(t, e);
	if (err == 0)
		err = add_listed(t, e);
	if (err < 0)
		return err;
	if (t->percpu && symbols_find(symbols, "runqueues", &runqueues)) {
		err = add_idle(t, runqueues, e);
		if (err < 0)
			return err;
		drop_doubles(t);
		mark_current(t, runqueues);
	} else {
		drop_doubles(t);
	}
	add_own_pages(t);
	*ret = TAKE_PTR(t);
	return 0;
}

struct tasks *tasks_free(struct tasks *t)
{
	if (t) {
		percpu_free(t->percpu);
		free(t->list);
		free(t);
	}
	return NULL;
}

size_t tasks_list(const struct tasks *t, const struct task **ret)
{
	*ret = t->list;
	return t->count;
}

const char *tasks_damage(const struct tasks *t)
{
	return t->damage[0] ? t->damage : NULL;
}

const struct task *tasks_by_pid(const struct tasks *t, uint32_t pid)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].pid == pid)
			return &t->list[i];
	return NULL;
}

const struct task *tasks_by_addr(const struct tasks *t, uint64_t addr)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].addr == addr)
			return &t->list[i];
	return NULL;
}

const struct task *tasks_on_cpu(const struct tasks *t, uint32_t cpu)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->list[i].current && t->list[i].cpu == cpu)
			return &t->list[i];
	return NULL;
}

unsigned tasks_cpus(const struct tasks *t)
{
	return t->percpu ? t->percpu->count : 0;
}

const struct task *tasks_panicked(const struct tasks *t)
{
	static const char *const names[] = { "crashing_cpu", "panic_cpu" };
	uint64_t addr, cpu;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (symbols_find(t->symbols, names[i], &addr) &&
		    read_number(t->reader, addr, 4, &cpu))
			return tasks_on_cpu(t, cpu);
	return NULL;
}

/* include/linux/sched.h; the bits have had these places since 4.14. */
const char *task_state_name(const struct task *task)
{
	static const struct {
		uint32_t bits;
		const char *name;
	} names[] = {
		{ 0x402, "ID" }, /* TASK_UNINTERRUPTIBLE | TASK_NOLOAD */
		{ 0x01, "IN" },	 { 0x02, "UN" }, { 0x04, "ST" }, { 0x08, "TR" },  { 0x10, "DE" },
		{ 0x20, "ZO" },	 { 0x40, "PA" }, { 0x80, "DE" }, { 0x200, "WA" }, { 0x800, "NE" },
	};

	if (task->state == 0)
		return "RU";
	if (task->state == TASK_STATE_UNKNOWN)
		return "??";
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if ((task->state & names[i].bits) == names[i].bits)
			return names[i].name;
	return "??";
}

static int note_registers(struct tasks *t, uint32_t cpu, struct regs *ret, struct error *e)
{
	uint64_t symbol, notes;
	uint8_t note[NOTE_SIZE];
	int err;

	if (!t->percpu || cpu >= t->percpu->count ||
	    !symbols_find(t->symbols, "crash_notes", &symbol) ||
	    !read_number(t->reader, symbol, 8, &notes))
		return error_set(e, -ENOENT, "no crash notes");
	err = kernel_read(t->reader, notes + t->percpu->offsets[cpu], note, sizeof(note), e);
	if (err < 0)
		return error_prefix(e, err, "crash note of CPU %u", cpu);
	if (le32_get(note + 8) != NT_PRSTATUS || memcmp(note + 12, "CORE", 5) != 0)
		return error_set(e, -ENOENT, "CPU %u left no registers", cpu);
	for (size_t i = 0; i < REGS; i++)
		ret->r[i] = le64_get(note + NOTE_REGS + i * 8);
	return 0;
}

/* struct inactive_task_frame is what switching away leaves at thread.sp. */
int task_registers(struct tasks *t, const struct task *task, struct regs *ret, bool *ret_is_call,
		   struct error *e)
{
	const struct task_layout *l = &t->layout;
	struct regs regs = { 0 };
	uint64_t sp;
	int err;

	if (task->current) {
		*ret_is_call = false;
		return note_registers(t, task->cpu, ret, e);
	}
	if (!l->frame_size || !l->sp.size)
		return error_set(e, -ENOENT, "the kernel's types do not tell how tasks sleep");
	if (!read_number(t->reader, task->addr + l->sp.offset, 8, &sp))
		return error_set(e, -ENODATA, "stack unknown: its task_struct is not in the dump");
	err = kernel_read(t->reader, sp + l->frame_bp.offset, &regs.r[PT_BP], 8, e);
	if (err == 0)
		err = kernel_read(t->reader, sp + l->frame_return.offset, &regs.r[PT_IP], 8, e);
	if (err < 0)
		return err == -ENODATA
			       ? error_set(e, err, "stack at 0x%" PRIx64 ": page excluded", sp)
			       : error_prefix(e, err, "stack");
	regs.r[PT_SP] = sp + l->frame_size;
	*ret = regs;
	*ret_is_call = true;
	return 0;
}
