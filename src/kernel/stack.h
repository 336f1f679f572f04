/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The stacks of x86_64. A task has one. A CPU has more: one for interrupts, and in its cpu_entry_area
 * (arch/x86/include/asm/cpu_entry_area.h) one for each exception that may come when there is no good stack, and a page that
 * system calls and interrupts from user space begin on.
 */
#include "kernel/percpu.h"
#include "kernel/types.h"

enum stack_kind {
	STACK_TASK,
	STACK_IRQ,
	STACK_ENTRY,
	STACK_DF, /* double fault */
	STACK_NMI,
	STACK_DB,  /* debug */
	STACK_MCE, /* machine check */
	STACK_VC,  /* #VC of an encrypted guest, and its second */
	STACK_VC2,
	STACK_KINDS,
};

struct stack {
	enum stack_kind kind;
	uint32_t cpu; /* not of STACK_TASK */
	uint64_t start, end;
};

struct stacks;

/* What a kernel does not tell is not there; -ENOMEM alone. percpu may be NULL. All but percpu is borrowed. */
int stacks_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
		const struct percpu *percpu, struct stacks **ret) _must_check_;
struct stacks *stacks_free(struct stacks *s);
DEFINE_CLEANUP(struct stacks *, stacks_free)

/*
 * The stack that addr lies on. What is on no CPU's is taken for a task's: these are aligned to their size. Nothing says
 * that there is memory.
 */
void stacks_find(const struct stacks *s, uint64_t addr, struct stack *ret);

/* Of a CPU; false where it is not known. */
bool stacks_of_cpu(const struct stacks *s, uint32_t cpu, enum stack_kind kind, struct stack *ret);

/* Bytes of a task's stack. */
uint64_t stacks_thread_size(const struct stacks *s);

/* Bytes at the upper end of a task's stack that the kernel leaves free (16 where it is built for FRED). */
uint64_t stacks_reserve(const struct stacks *s);

/* As crash names it: "NMI exception stack". */
const char *stack_name(enum stack_kind kind);
