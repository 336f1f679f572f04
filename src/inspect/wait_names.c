/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "inspect/wait_impl.h"

/* kernel/sched/core.c, kernel/time/timer.c and sleep_timeout.c: what stands between __schedule() and who waits */
static const char *const schedulers[] = {
	"__schedule",
	"schedule",
	"schedule_timeout",
	"schedule_timeout_interruptible",
	"schedule_timeout_killable",
	"schedule_timeout_uninterruptible",
	"schedule_timeout_idle",
	"schedule_preempt_disabled",
	"schedule_hrtimeout",
	"schedule_hrtimeout_range",
	"schedule_hrtimeout_range_clock",
	"schedule_rtlock",
	"io_schedule",
	"io_schedule_timeout",
	"__cond_resched",
	"preempt_schedule",
	"preempt_schedule_common",
	"preempt_schedule_irq",
};

/* kernel/locking/mutex.c, ww_mutex.h, rwsem.c, semaphore.c: functions that wait, and those that call them */
static const struct {
	const char *name;
	enum lock_kind kind;
	bool writer;
} lockers[] = {
	{ "__mutex_lock", LOCK_MUTEX, false },
	{ "__mutex_lock_common", LOCK_MUTEX, false },
	{ "__mutex_lock_slowpath", LOCK_MUTEX, false },
	{ "__mutex_lock_killable_slowpath", LOCK_MUTEX, false },
	{ "__mutex_lock_interruptible_slowpath", LOCK_MUTEX, false },
	{ "mutex_lock", LOCK_MUTEX, false },
	{ "mutex_lock_killable", LOCK_MUTEX, false },
	{ "mutex_lock_interruptible", LOCK_MUTEX, false },
	{ "mutex_lock_io", LOCK_MUTEX, false },
	{ "__ww_mutex_lock", LOCK_MUTEX, false },
	{ "__ww_mutex_lock_slowpath", LOCK_MUTEX, false },
	{ "__ww_mutex_lock_interruptible_slowpath", LOCK_MUTEX, false },
	{ "ww_mutex_lock", LOCK_MUTEX, false },
	{ "ww_mutex_lock_interruptible", LOCK_MUTEX, false },
	{ "rwsem_down_read_slowpath", LOCK_RWSEM, false },
	{ "__down_read_common", LOCK_RWSEM, false },
	{ "__down_read", LOCK_RWSEM, false },
	{ "__down_read_killable", LOCK_RWSEM, false },
	{ "__down_read_interruptible", LOCK_RWSEM, false },
	{ "down_read", LOCK_RWSEM, false },
	{ "down_read_killable", LOCK_RWSEM, false },
	{ "down_read_interruptible", LOCK_RWSEM, false },
	{ "rwsem_down_write_slowpath", LOCK_RWSEM, true },
	{ "__down_write_common", LOCK_RWSEM, true },
	{ "__down_write", LOCK_RWSEM, true },
	{ "__down_write_killable", LOCK_RWSEM, true },
	{ "down_write", LOCK_RWSEM, true },
	{ "down_write_killable", LOCK_RWSEM, true },
	{ "___down_common", LOCK_SEMAPHORE, false },
	{ "__down_common", LOCK_SEMAPHORE, false },
	{ "__down", LOCK_SEMAPHORE, false },
	{ "__down_killable", LOCK_SEMAPHORE, false },
	{ "__down_interruptible", LOCK_SEMAPHORE, false },
	{ "__down_timeout", LOCK_SEMAPHORE, false },
	{ "down", LOCK_SEMAPHORE, false },
	{ "down_killable", LOCK_SEMAPHORE, false },
	{ "down_interruptible", LOCK_SEMAPHORE, false },
	{ "down_timeout", LOCK_SEMAPHORE, false },
};

/* As far as a compiler's suffix. */
static bool is_name(const char *function, const char *name)
{
	size_t len = strlen(name);

	return strncmp(function, name, len) == 0 && (function[len] == '\0' || function[len] == '.');
}

bool wait_is_scheduler(const char *function)
{
	for (size_t i = 0; i < ARRAY_SIZE(schedulers); i++)
		if (is_name(function, schedulers[i]))
			return true;
	return false;
}

enum lock_kind wait_kind(const char *function, bool *ret_writer)
{
	for (size_t i = 0; i < ARRAY_SIZE(lockers); i++)
		if (is_name(function, lockers[i].name)) {
			*ret_writer = lockers[i].writer;
			return lockers[i].kind;
		}
	return LOCK_NONE;
}

static void frame_name(struct waits *w, const struct frame *f, bool offset,
		       char ret[WAIT_NAME_SIZE])
{
	struct symbol sym;

	ret[0] = '\0';
	if (!inspect_symbol_at(w->c, f->pc - f->is_call, &sym))
		return;
	if (offset)
		snprintf(ret, WAIT_NAME_SIZE, "%.90s+%" PRIu64, sym.name, f->pc - sym.addr);
	else
		snprintf(ret, WAIT_NAME_SIZE, "%.90s", sym.name);
}

/* The first function that is not the scheduler's, then past those of the same lock to who asked for it. */
static void read_frames(struct waits *w, struct wait *ret)
{
	char name[WAIT_NAME_SIZE];
	bool writer;
	size_t i = 0;

	for (; i < w->trace.count; i++) {
		frame_name(w, &w->trace.frames[i], false, ret->function);
		if (!wait_is_scheduler(ret->function))
			break;
	}
	ret->kind = wait_kind(ret->function, &ret->writer);
	for (i++; i < w->trace.count; i++) {
		frame_name(w, &w->trace.frames[i], false, name);
		if (ret->kind == LOCK_NONE || wait_kind(name, &writer) != ret->kind)
			break;
	}
	if (i < w->trace.count)
		frame_name(w, &w->trace.frames[i], true, ret->caller);
}

void wait_names(struct waits *w, const struct task *task, struct wait *ret)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	struct regs regs;
	bool is_call;

	if (task_registers(w->tasks, task, &regs, &is_call, NULL) < 0)
		return;
	unwinder_set_task(w->unwinder, task->addr);
	unwind(w->unwinder, &regs, is_call, &w->trace);
	for (size_t i = 0; i < w->trace.count; i++)
		hash = (hash ^ w->trace.frames[i].pc) * UINT64_C(1099511628211);
	ret->stack = hash | 1;
	read_frames(w, ret);
}
