/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "kernel/unwind_impl.h"

/* What the NMI ends in on a CPU that is to stop (arch/x86/kernel/reboot.c). */
#define HANDLER "crash_nmi_callback"
#define STEPS_MAX 16
/* What a task calls that sleeps (arch/x86/entry/entry_64.S). */
#define SWITCH "__switch_to_asm"

/* Do the frames from here lead to the registers of the note? */
static bool leads_to(struct unwinder *u, const struct unwind_state *from, const struct regs *note)
{
	struct unwind_state s = *from;
	enum unwind_end end;

	for (unsigned i = 0; i < STEPS_MAX; i++) {
		if (!unwind_step(u, &s, &end, NULL))
			return false;
		if (!s.is_call)
			return s.regs.r[PT_IP] == note->r[PT_IP] &&
			       s.regs.r[PT_SP] == note->r[PT_SP];
	}
	return false;
}

bool unwind_stopped(struct unwinder *u, uint32_t cpu, const struct regs *note, struct regs *ret)
{
	struct unwind_state s = { .is_call = true };
	struct symbol symbol;
	struct stack stack;
	uint64_t pc;

	if (!stacks_of_cpu(u->stacks, cpu, STACK_NMI, &stack))
		return false;
	for (uint64_t at = stack.start; at < stack.end; at += WORD) {
		if (!unwind_word(u, at, &pc) || !unwind_is_return_address(u, pc) ||
		    !symbols_at(u->symbols, pc - 1, &symbol) || strcmp(symbol.name, HANDLER) != 0)
			continue;
		s.regs.r[PT_IP] = pc;
		s.regs.r[PT_SP] = at + WORD;
		if (leads_to(u, &s, note)) {
			*ret = s.regs;
			return true;
		}
	}
	return false;
}

bool unwind_asleep(struct unwinder *u, uint64_t start, struct regs *ret)
{
	uint64_t function, pc;
	struct stack stack;

	stacks_find(u->stacks, start, &stack);
	if (stack.kind != STACK_TASK || !symbols_find(u->symbols, SWITCH, &function))
		return false;
	for (uint64_t at = stack.start + WORD; at < stack.end; at += WORD) {
		struct unwind_state s = { .is_call = true, .guessed = true };

		/* struct inactive_task_frame ends in bp and the return address */
		if (!unwind_word(u, at, &pc) || !unwind_is_call_of(u, pc, function) ||
		    !unwind_word(u, at - WORD, &s.regs.r[PT_BP]))
			continue;
		s.regs.r[PT_IP] = pc;
		s.regs.r[PT_SP] = at + WORD;
		if (unwind_leads_to_end(u, &s)) {
			*ret = s.regs;
			return true;
		}
	}
	return false;
}
