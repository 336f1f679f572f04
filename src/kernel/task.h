/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The tasks: init_task's list with all threads, and each CPU's idle task; what crash's ps shows of them, and the registers
 * from which their stacks are unwound. Lists may be cut or looped: what is reached is shown and the damage named.
 */
#include "kernel/symbols.h"
#include "kernel/types.h"
#include "kernel/unwind.h"

#define TASK_COMM_SIZE 17 /* the kernel's 16 bytes, which may have no NUL */
#define TASKS_MAX 1000000
#define TASK_STATE_UNKNOWN UINT32_MAX /* its page is not in the dump */
#define TASK_PID_UNKNOWN UINT32_MAX   /* the same; its name is then "?" perhaps */

struct task {
	uint64_t addr;
	uint64_t stack;	     /* its lowest address; 0 where unknown */
	uint64_t mm;	     /* 0: a kernel thread, or one that is gone */
	uint64_t parent;     /* task_struct; 0 where unknown */
	uint64_t start_time; /* ns since boot */
	uint64_t last_run; /* ns of the scheduler's clock when it last got a CPU; 0 where unknown */
	uint32_t pid, tgid, ppid;
	uint32_t cpu;
	uint32_t state; /* the kernel's bits, exit_state in too */
	uint32_t policy;
	uint32_t flags;	   /* PF_… */
	uint64_t vsz, rss; /* KiB; 0 where mm cannot be read */
	char comm[TASK_COMM_SIZE];
	bool current; /* on its CPU at the crash */
	bool idle;
};

struct tasks;

int tasks_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
	       struct tasks **ret, struct error *e) _must_check_;
struct tasks *tasks_free(struct tasks *t);
DEFINE_CLEANUP(struct tasks *, tasks_free)

/* Idle tasks by CPU first, then by pid. */
size_t tasks_list(const struct tasks *t, const struct task **ret);

/* What was damaged in the lists, one sentence, or NULL. */
const char *tasks_damage(const struct tasks *t);

/* Of a pid (idle tasks all have 0: the first), or of a task_struct's address; NULL where there is none. */
const struct task *tasks_by_pid(const struct tasks *t, uint32_t pid);
const struct task *tasks_by_addr(const struct tasks *t, uint64_t addr);

/* The task that panicked: current on the CPU that crashed. NULL where nothing tells. */
const struct task *tasks_panicked(const struct tasks *t);

/* On CPU cpu at the crash, or NULL. */
const struct task *tasks_on_cpu(const struct tasks *t, uint32_t cpu);
unsigned tasks_cpus(const struct tasks *t);

/* "RU", "IN", … as crash writes a state. */
const char *task_state_name(const struct task *task);

/*
 * Where its stack begins: the crash note of its CPU where it was running, else where it was switched away. *ret_is_call
 * is for unwind(). -ENOENT no note; -ENODATA and others of kernel_read() where the stack is not in the dump.
 */
int task_registers(struct tasks *t, const struct task *task, struct regs *ret, bool *ret_is_call,
		   struct error *e) _must_check_;
