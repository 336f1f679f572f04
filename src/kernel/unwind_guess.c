/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "kernel/unwind_impl.h"

/* How far above the stack pointer the return address of a function without ORC is looked for. */
#define SCAN_SIZE KIB(4)
#define CALL_SIZE 5
#define CODE_SIZE 8
/* Return addresses that are tried, and frames that each may take to the stack's end. */
#define CANDIDATES_MAX 64
#define PROBE_MAX 128

/* Does a call of `function` end right before `pc`? */
bool unwind_is_call_of(struct unwinder *u, uint64_t pc, uint64_t function)
{
	uint8_t code[CALL_SIZE];

	if (!orc_covers(u->orc, pc - 1) ||
	    kernel_read(u->reader, pc - CALL_SIZE, code, sizeof(code), NULL) < 0 || code[0] != 0xe8)
		return false;
	return pc + (uint64_t)(int64_t)(int32_t)le32_get(code + 1) == function;
}

/* Does the function save the frame pointer first, after what tracing and branch tracking put there? */
static bool pushes_bp(struct unwinder *u, uint64_t function)
{
	static const uint8_t endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	static const uint8_t nop[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	uint8_t code[16];
	size_t at = 0;

	if (kernel_read(u->reader, function, code, sizeof(code), NULL) < 0)
		return false;
	if (memcmp(code, endbr, sizeof(endbr)) == 0)
		at += sizeof(endbr);
	if (memcmp(code + at, nop, sizeof(nop)) == 0)
		at += sizeof(nop);
	return code[at] == 0x55;
}

bool unwind_undescribed(struct unwinder *u, struct unwind_state *s)
{
	uint64_t sp = s->regs.r[PT_SP], word;
	struct symbol function;

	if (!symbols_at(u->symbols, s->regs.r[PT_IP] - s->is_call, &function))
		return false;
	for (uint64_t at = sp; at - sp < SCAN_SIZE; at += WORD) {
		if (!unwind_word(u, at, &word))
			return false;
		if (!unwind_is_call_of(u, word, function.addr))
			continue;
		if (at > sp && pushes_bp(u, function.addr) &&
		    !unwind_word(u, at - WORD, &s->regs.r[PT_BP]))
			return false;
		s->regs.r[PT_IP] = word;
		s->regs.r[PT_SP] = at + WORD;
		s->is_call = true;
		s->whole = false;
		return true;
	}
	return false;
}

/* Is there a call right before pc: of an address in the code, of one in a register, of one in memory? */
bool unwind_is_return_address(struct unwinder *u, uint64_t pc)
{
	uint8_t code[CODE_SIZE];
	const uint8_t *end = code + CODE_SIZE;

	if (!orc_covers(u->orc, pc) || !orc_covers(u->orc, pc - CODE_SIZE) ||
	    kernel_read(u->reader, pc - CODE_SIZE, code, sizeof(code), NULL) < 0)
		return false;
	if (end[-5] == 0xe8)
		return true;
	if (end[-2] == 0xff && (end[-1] & 0xf8) == 0xd0) /* *%reg */
		return true;
	if (end[-3] == 0xff && (end[-2] & 0xf8) == 0x50) /* *disp8(%reg) */
		return true;
	if (end[-6] == 0xff && ((end[-5] & 0xf8) == 0x90 || end[-5] == 0x15)) /* *disp32(%reg) */
		return true;
	return end[-7] == 0xff && end[-6] == 0x14; /* *disp32(,%reg,8) */
}

/* With its lowest bit set it leads to saved registers: entries from elsewhere mark them so (arch/x86/include/asm/frame.h). */
static bool to_registers(struct unwinder *u, struct unwind_state *s, uint64_t at)
{
	struct stack stack, other;
	struct regs regs;

	if (!unwind_regs(u, at, &regs))
		return false;
	stacks_find(u->stacks, at, &stack);
	stacks_find(u->stacks, regs.r[PT_SP], &other);
	if (stack.start == other.start && regs.r[PT_SP] <= at)
		return false;
	s->regs = regs;
	s->regs_at = at;
	s->is_call = false;
	s->whole = true;
	return true;
}

bool unwind_frame_pointer(struct unwinder *u, struct unwind_state *s)
{
	uint64_t bp = s->regs.r[PT_BP], ip, next;
	struct stack stack;

	stacks_find(u->stacks, s->regs.r[PT_SP], &stack);
	if (bp < s->regs.r[PT_SP] || bp >= stack.end)
		return false;
	if (bp & 1)
		return to_registers(u, s, bp - 1);
	if (!unwind_word(u, bp, &next) || !unwind_word(u, bp + WORD, &ip) ||
	    !orc_covers(u->orc, ip - 1))
		return false;
	s->regs.r[PT_IP] = ip;
	s->regs.r[PT_SP] = bp + (uint64_t)2 * WORD;
	s->regs.r[PT_BP] = next;
	s->is_call = true;
	s->whole = false;
	return true;
}

/* The next return address at or above *at on the stack; *at is moved to it. */
static bool find_return(struct unwinder *u, uint64_t end, uint64_t *at, uint64_t *ret)
{
	for (; *at < end; *at += WORD) {
		if (!unwind_word(u, *at, ret)) {
			*at = align_down(*at, KIB(4)) + KIB(4) - WORD;
			continue;
		}
		if (unwind_is_return_address(u, *ret))
			return true;
	}
	return false;
}

bool unwind_leads_to_end(struct unwinder *u, const struct unwind_state *from)
{
	struct unwind_state s = *from;
	enum unwind_end end = UNWIND_LOST;

	for (unsigned i = 0; i < PROBE_MAX; i++) {
		if (unwind_is_user(&s))
			return unwind_is_expected(u, &s, UNWIND_USER);
		if (!unwind_step(u, &s, &end, NULL))
			return end == UNWIND_CLEAN && unwind_is_expected(u, &s, end);
	}
	return false;
}

bool unwind_resume(struct unwinder *u, struct unwind_state *s)
{
	uint64_t at = align_up(s->regs.r[PT_SP], WORD), pc;
	struct stack stack;

	stacks_find(u->stacks, at, &stack);
	for (unsigned i = 0; i < CANDIDATES_MAX && find_return(u, stack.end, &at, &pc); i++) {
		struct unwind_state from = { .regs = s->regs, .is_call = true, .guessed = true };

		from.regs.r[PT_IP] = pc;
		from.regs.r[PT_SP] = at + WORD;
		if (unwind_leads_to_end(u, &from)) {
			*s = from;
			return true;
		}
		at += WORD;
	}
	return false;
}

void unwind_scan(struct unwinder *u, const struct unwind_state *s, struct trace *t)
{
	uint64_t at = align_up(s->regs.r[PT_SP], WORD), pc;
	struct stack stack;

	stacks_find(u->stacks, at, &stack);
	while (t->count < FRAMES_MAX && find_return(u, stack.end, &at, &pc)) {
		t->frames[t->count++] =
			(struct frame){ .pc = pc, .at = at, .is_call = true, .uncertain = true };
		at += WORD;
	}
}
