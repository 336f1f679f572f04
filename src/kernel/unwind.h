/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * From registers to the calls that led there. Bounded whatever memory holds.
 */
#include "kernel/orc.h"
#include "kernel/stack.h"

/* struct pt_regs of x86_64, which pr_reg of a crash note begins with too. */
enum reg {
	PT_R15,
	PT_R14,
	PT_R13,
	PT_R12,
	PT_BP,
	PT_BX,
	PT_R11,
	PT_R10,
	PT_R9,
	PT_R8,
	PT_AX,
	PT_CX,
	PT_DX,
	PT_SI,
	PT_DI,
	PT_ORIG_AX,
	PT_IP,
	PT_CS,
	PT_FLAGS,
	PT_SP,
	PT_SS,
	REGS,
};

struct regs {
	uint64_t r[REGS];
};

#define FRAMES_MAX 1024
#define UNWIND_WHY_SIZE 160

struct frame {
	uint64_t pc;
	uint64_t at;  /* where the return address stands; the stack pointer where there is none */
	bool is_call; /* pc is a return address: the call is in the function of pc - 1 */
	bool has_regs; /* an exception or interrupt stopped the code at pc: these are its registers */
	bool uncertain;	  /* not by ORC from the start: shown with "?" */
	uint64_t regs_at; /* where the registers were saved; 0: on no stack */
	struct regs regs; /* unless is_call: those of this frame, as far as they are known */
};

enum unwind_end {
	UNWIND_CLEAN, /* the tables say that the stack ends */
	UNWIND_USER,  /* the kernel was entered from user space: *user */
	UNWIND_LOST,  /* no table or no memory for the next step */
	UNWIND_LONG,  /* FRAMES_MAX */
};

const char *unwind_end_name(enum unwind_end end); /* "clean" */

struct trace {
	struct frame frames[FRAMES_MAX];
	size_t count;
	enum unwind_end end;
	bool unexpected; /* it ends, but not where a task's stack does */
	struct regs user;
	uint64_t user_at;	   /* where they were saved; 0: the CPU was there itself */
	uint64_t stack;		   /* the stack pointer before the end */
	char why[UNWIND_WHY_SIZE]; /* of UNWIND_LOST: where ORC was lost, though "?" frames may follow */
};

struct unwinder;

/* A kernel without ORC is unwound by frame pointers. -ENOENT where its code is not known. modules may be NULL. All is borrowed. */
int unwinder_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
		  const struct modules *modules, const struct stacks *stacks, struct unwinder **ret,
		  struct error *e) _must_check_;
struct unwinder *unwinder_free(struct unwinder *u);
DEFINE_CLEANUP(struct unwinder *, unwinder_free)

/* The task_struct whose stack comes next; 0 (as at first): not known, and return addresses that tracing replaced are not found. */
void unwinder_set_task(struct unwinder *u, uint64_t task);

/*
 * is_call: regs->ip is a return address (a task that sleeps), not where the CPU stood. Where ORC is lost, the frame
 * pointer is tried, then whatever return address further up leads to the stack's end, then all return addresses are
 * shown; frames found so are marked uncertain.
 */
void unwind(struct unwinder *u, const struct regs *regs, bool is_call, struct trace *ret);

/*
 * A CPU that the panic stopped with an NMI left in its note what it did before. Where the NMI's own frames are still on its
 * stack and lead to these registers, they begin at *ret (a return address). False where they do not.
 */
bool unwind_stopped(struct unwinder *u, uint32_t cpu, const struct regs *note, struct regs *ret);

/*
 * Where a task sleeps whose thread.sp is not in the dump: the word on its stack (from `stack` on) that follows the switch to
 * another task and from which the tables lead to the stack's end. A guess, for an earlier sleep may have left such a word;
 * of 10,800 tasks it was right each time.
 */
bool unwind_asleep(struct unwinder *u, uint64_t stack, struct regs *ret);

/* Is addr in the kernel's code or a module's? */
bool unwinder_is_code(const struct unwinder *u, uint64_t addr);
