/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the files of the unwinder share. */
#include "kernel/stack.h"
#include "kernel/unwind.h"

#define WORD 8
#define REGS_SIZE (REGS * WORD)

/* Trampolines of tracing, 0 where there are none, and where their tasks' lists have what they replaced. */
struct traced {
	uint64_t probe, graph;
	struct type_member nodes, link, slot, address;
	struct type_member entries, entry_slot, entry_address;
};

struct unwinder {
	struct kernel_reader *reader;
	struct symbols *symbols;
	struct orc *orc;
	const struct stacks *stacks;
	bool old_indirect; /* SP_INDIRECT as before 5.12 */
	struct traced traced;
	uint64_t task; /* whose stack it is; 0: not known */
};

/* Where the unwinding stands. */
struct unwind_state {
	struct regs regs;
	uint64_t regs_at; /* where on the stack they were saved; 0: nowhere */
	bool is_call;
	bool whole; /* all registers are those of this frame, not only ip, sp, bp */
	bool first;
	bool guessed; /* the stack pointer was found by looking, not by following */
};

bool unwind_word(struct unwinder *u, uint64_t addr, uint64_t *ret);
bool unwind_regs(struct unwinder *u, uint64_t addr, struct regs *ret);

/*
 * One step to the caller by the tables. False where there is none: *ret_end says why, with words in why (NULL: none
 * wanted).
 */
bool unwind_step(struct unwinder *u, struct unwind_state *s, enum unwind_end *ret_end,
		 char why[UNWIND_WHY_SIZE]);

/* Did the code come from user space? */
bool unwind_is_user(const struct unwind_state *s);

/* Does the stack end where a task's stack does? */
bool unwind_is_expected(const struct unwinder *u, const struct unwind_state *s,
			enum unwind_end end);

/* ---- unwind_traced.c ---- */

void unwind_find_traced(struct unwinder *u, struct types *types);

/* What the return address at slot was before tracing; pc, which is there, where it was that. */
uint64_t unwind_return_address(struct unwinder *u, uint64_t pc, uint64_t slot);

/* ---- unwind_guess.c: where the tables do not tell ---- */

/*
 * The caller of a function that objtool was told not to look at: the first word on the stack that follows a call of this
 * very function is its return address.
 */
bool unwind_undescribed(struct unwinder *u, struct unwind_state *s);

/* The caller by the frame pointer, for code that no table knows, such as a BPF program. */
bool unwind_frame_pointer(struct unwinder *u, struct unwind_state *s);

/* Does a call of `function` end right before `pc`? */
bool unwind_is_call_of(struct unwinder *u, uint64_t pc, uint64_t function);

/* Do the tables lead from here to where a task's stack ends? */
bool unwind_leads_to_end(struct unwinder *u, const struct unwind_state *from);

/* Is pc in code, and right behind a call? */
bool unwind_is_return_address(struct unwinder *u, uint64_t pc);

/*
 * The first return address further up the stack from which the tables lead to the stack's very end; s goes on from there.
 * False where there is none.
 */
bool unwind_resume(struct unwinder *u, struct unwind_state *s);

/* All return addresses further up the stack, as uncertain frames. */
void unwind_scan(struct unwinder *u, const struct unwind_state *s, struct trace *t);
