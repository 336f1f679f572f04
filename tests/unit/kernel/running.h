/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A made-up machine whose kernel ran: symbols, types, ORC, two CPUs, tasks with stacks. Functions lie RUNNING_FUNCTION bytes
 * apart; each has one ORC entry, and calls from where RUNNING_CALL bytes of it are done.
 *
 * Tasks and stacks are mapped page by page, so that a test can take pages away.
 */
#include "fake.h"
#include "kernel/stack.h"
#include "kernel/task.h"
#include "kernel/unwind.h"

#define RUNNING_FUNCTION 0x100
#define RUNNING_CALL 0x20
#define RUNNING_STACK KIB(16)
#define RUNNING_CPUS 2
#define RUNNING_TASKS 6

/* Mapped page by page: task_structs, the signal_struct of each leader. */
#define RUNNING_MAPPED UINT64_C(0xffffc90000000000)
#define RUNNING_TASK(i) (RUNNING_MAPPED + (uint64_t)(i)*4096)
#define RUNNING_SIGNAL_OF(i) (RUNNING_MAPPED + KIB(128) + (uint64_t)(i)*4096)

#define RUNNING_CODE (FAKE_IMAGE + 0x10000)
#define RUNNING_ORC_IPS (FAKE_IMAGE + 0x180000)
#define RUNNING_ORC_ENTRIES (FAKE_IMAGE + 0x188000)
#define RUNNING_CPU_AREA(cpu) (FAKE_IMAGE + 0x1c0000 + (uint64_t)(cpu)*0x10000)

/* In the order of their addresses. */
enum running_function {
	F_SCHEDULE_INNER, /* __schedule */
	F_SCHEDULE,
	F_SLEEP,
	F_ENTRY, /* of a system call: the caller's registers are above it */
	F_NEW,	 /* ret_from_fork_asm: stacks of kernel threads end here */
	F_THREAD,
	F_PANIC,
	F_CRASH,      /* __crash_kexec, which ORC does not describe */
	F_INTERRUPT,  /* asm_common_interrupt, on the stack of what it interrupted */
	F_HANDLER,    /* common_interrupt, which is on the IRQ stack */
	F_NMI,	      /* end_repeat_nmi */
	F_STOP,	      /* crash_nmi_callback */
	F_SWITCH,     /* __switch_to_asm */
	F_POINTER,    /* its frame is found by rbp */
	F_TRAMPOLINE, /* arch_rethook_trampoline */
	F_UNKNOWN,    /* which ORC does not describe, and nothing calls */
	FUNCTIONS,
};

/* How ORC was written. */
enum running_orc { ORC_UNTIL_6_3, ORC_UNTIL_7_0, ORC_SINCE_7_1 };

struct running {
	struct fake fake;
	enum running_orc orc;
	bool no_orc;
	bool old_switch;  /* the IRQ stack is left as before 5.12 */
	unsigned reserve; /* of the upper end of stacks */
	struct dumpfile *dump;
	struct kernel *kernel;
	struct kernel_reader *reader;
	struct symbols *symbols;
	struct types *types;
	struct percpu *percpu;
	struct stacks *stacks;
	struct unwinder *unwinder;
	struct tasks *tasks;
};

/* Task 0 is init_task; the others have pids 1 to 5: 4 and 5 are threads of 3. All sleep in a system call. */
void running_init(struct running *r);
/* Writes symbols, types and ORC. */
void running_write(struct running *r);
/* Opens all: of what a test wrote into memory something may not open. */
int running_try(struct running *r, struct error *e);
/* Both; they succeed. */
void running_open(struct running *r);
void running_done(struct running *r);

uint64_t running_function(enum running_function f);
/* The return address of a call in f; the code before it becomes that call. */
uint64_t running_call(struct running *r, enum running_function f, enum running_function callee);

uint64_t running_stack(unsigned i); /* lowest address */
uint64_t running_top(const struct running *r, unsigned i);
uint64_t running_irq_stack(unsigned cpu);
uint64_t running_nmi_stack(unsigned cpu);
uint64_t running_entry_stack(unsigned cpu);

void running_put(struct running *r, uint64_t vaddr, uint64_t word);
uint64_t running_get(struct running *r, uint64_t vaddr);
void running_push(struct running *r, uint64_t *sp, uint64_t word);
/* struct pt_regs below *sp. */
void running_push_regs(struct running *r, uint64_t *sp, const struct regs *regs);
/* f was called: room for its frame. */
void running_enter(uint64_t *sp, enum running_function f);

/* Registers in user space, and in the kernel. */
struct regs running_user(void);
struct regs running_at(enum running_function f, uint64_t sp);

/* What a task leaves that sleeps below *sp, in F_SCHEDULE; its thread.sp. */
void running_sleep(struct running *r, unsigned task, uint64_t sp);

/* The registers that a CPU leaves when it is stopped; the task is its current one. */
void running_note(struct running *r, unsigned cpu, unsigned task, const struct regs *regs);

/* The page of an address is not in the dump. */
void running_lose(struct running *r, uint64_t vaddr);

/* Where the members are that tests write. */
#define RUNNING_TASKS_NODE 64
#define RUNNING_THREAD_NODE 80
#define RUNNING_SIGNAL 96
#define RUNNING_PID 104
#define RUNNING_TGID 108
#define RUNNING_COMM 112
#define RUNNING_STACK_AT 128
#define RUNNING_PARENT 136
#define RUNNING_CHILDREN 144
#define RUNNING_SIBLING 160
#define RUNNING_RETHOOKS 176
#define RUNNING_SP 2048 /* thread.sp: on the second half of the page */
#define RUNNING_HEAD 16 /* of signal_struct.thread_head */

#define _cleanup_running_ _cleanup_(running_done)
