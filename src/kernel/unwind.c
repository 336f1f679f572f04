/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/unwind.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define WORD 8
#define REGS_SIZE (REGS * WORD)
#define CALL_SIZE 5
/* How far above the stack pointer the return address of a function without ORC is looked for. */
#define SCAN_SIZE KIB(4)

struct unwinder {
	struct kernel_reader *reader;
	struct symbols *symbols;
	struct orc *orc;
	bool old_indirect; /* SP_INDIRECT as before 5.12 */
};

/* Where the unwinding stands. */
struct state {
	struct regs regs;
	bool is_call;
	bool whole; /* all registers are those of this frame, not only ip, sp, bp */
	bool first;
};

int unwinder_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
		  struct unwinder **ret, struct error *e)
{
	_cleanup_(unwinder_freep) struct unwinder *u = calloc(1, sizeof(*u));
	uint64_t addr;
	int err;

	if (!u)
		return error_errno(e, -ENOMEM, "unwinder");
	u->reader = r;
	u->symbols = symbols;
	/* The change came with a per-CPU flag for the IRQ stack's use, which later moved into pcpu_hot. */
	u->old_indirect = !symbols_find(symbols, "hardirq_stack_inuse", &addr) &&
			  !symbols_find(symbols, "__pcpu_hot", &addr) &&
			  !types_has(types, "pcpu_hot");
	err = orc_open(r, symbols, types, &u->orc, e);
	if (err < 0)
		return err;
	*ret = TAKE_PTR(u);
	return 0;
}

struct unwinder *unwinder_free(struct unwinder *u)
{
	if (u) {
		orc_free(u->orc);
		free(u);
	}
	return NULL;
}

static bool read_word(struct unwinder *u, uint64_t addr, uint64_t *ret)
{
	uint8_t bytes[WORD];

	if (addr % WORD || kernel_read(u->reader, addr, bytes, sizeof(bytes), NULL) < 0)
		return false;
	*ret = le64_get(bytes);
	return true;
}

static bool read_regs(struct unwinder *u, uint64_t addr, struct regs *ret)
{
	uint8_t bytes[REGS_SIZE];

	if (addr % WORD || kernel_read(u->reader, addr, bytes, sizeof(bytes), NULL) < 0)
		return false;
	for (size_t i = 0; i < REGS; i++)
		ret->r[i] = le64_get(bytes + i * WORD);
	return true;
}

/* Does a call of `function` end right before `pc`? */
static bool is_call_of(struct unwinder *u, uint64_t pc, uint64_t function)
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

/*
 * __crash_kexec() is where every panic() leaves its registers, and the kernel does not let objtool describe it. The first
 * word on the stack that follows a call of the very function is its return address.
 */
static bool step_undescribed(struct unwinder *u, struct state *s)
{
	uint64_t sp = s->regs.r[PT_SP], word;
	struct symbol function;

	if (!symbols_at(u->symbols, s->regs.r[PT_IP], &function))
		return false;
	for (uint64_t at = sp; at - sp < SCAN_SIZE; at += WORD) {
		if (!read_word(u, at, &word))
			return false;
		if (!is_call_of(u, word, function.addr))
			continue;
		if (at > sp && pushes_bp(u, function.addr) &&
		    !read_word(u, at - WORD, &s->regs.r[PT_BP]))
			return false;
		s->regs.r[PT_IP] = word;
		s->regs.r[PT_SP] = at + WORD;
		s->is_call = true;
		s->whole = false;
		return true;
	}
	return false;
}

/* The frame's upper end, the canonical frame address. */
static bool frame_address(struct unwinder *u, const struct state *s, const struct orc_entry *orc,
			  uint64_t *ret)
{
	static const uint8_t numbers[ORC_REGISTERS] = {
		[ORC_DX] = PT_DX,   [ORC_DI] = PT_DI,	       [ORC_R10] = PT_R10,
		[ORC_R13] = PT_R13, [ORC_AX] = PT_AX,	       [ORC_BP] = PT_BP,
		[ORC_SP] = PT_SP,   [ORC_BP_INDIRECT] = PT_BP, [ORC_SP_INDIRECT] = PT_SP,
	};
	uint64_t offset = (uint64_t)(int64_t)orc->sp_offset, base;

	if (orc->sp == ORC_UNDEFINED || orc->sp == ORC_PREVIOUS_SP)
		return false;
	base = s->regs.r[numbers[orc->sp]];
	switch (orc->sp) {
	case ORC_SP:
	case ORC_BP:
		*ret = base + offset;
		return true;
	case ORC_BP_INDIRECT:
		return read_word(u, base + offset, ret);
	case ORC_SP_INDIRECT:
		if (u->old_indirect)
			return read_word(u, base + offset, ret);
		if (!read_word(u, base, ret))
			return false;
		*ret += offset;
		return true;
	case ORC_DX:
	case ORC_DI:
	case ORC_R10:
	case ORC_R13:
	case ORC_AX:
		*ret = base + offset;
		return s->whole;
	case ORC_UNDEFINED:
	case ORC_PREVIOUS_SP:
	case ORC_REGISTERS:
		break;
	}
	return false;
}

static bool step_return(struct unwinder *u, struct state *s, const struct orc_entry *orc,
			uint64_t cfa)
{
	uint64_t bp = s->regs.r[PT_BP], from_regs = bp;
	struct regs next = s->regs;

	switch (orc->type) {
	case ORC_CALL:
		if (!read_word(u, cfa - WORD, &next.r[PT_IP]))
			return false;
		next.r[PT_SP] = cfa;
		s->is_call = true;
		s->whole = false;
		break;
	case ORC_REGS:
		if (!read_regs(u, cfa, &next))
			return false;
		from_regs = next.r[PT_BP];
		s->is_call = false;
		s->whole = true;
		break;
	case ORC_REGS_PARTIAL:
		for (unsigned i = PT_IP; i < REGS; i++)
			if (!read_word(u, cfa + (i - PT_IP) * WORD, &next.r[i]))
				return false;
		s->is_call = false;
		break;
	case ORC_NOTHING:
	case ORC_END:
		return false;
	}
	next.r[PT_BP] = from_regs;
	if (orc->bp == ORC_PREVIOUS_SP || orc->bp == ORC_BP) {
		uint64_t base = orc->bp == ORC_BP ? bp : cfa;

		if (!read_word(u, base + (uint64_t)(int64_t)orc->bp_offset, &next.r[PT_BP]))
			return false;
	}
	s->regs = next;
	return true;
}

/* The caller by the frame pointer: where no table knows the code, such as a BPF program. */
static bool step_frame_pointer(struct unwinder *u, struct state *s)
{
	uint64_t bp = s->regs.r[PT_BP], ip, next;

	if (bp < s->regs.r[PT_SP] || bp - s->regs.r[PT_SP] > KIB(16) || !read_word(u, bp, &next) ||
	    !read_word(u, bp + WORD, &ip) || !orc_covers(u->orc, ip - 1))
		return false;
	s->regs.r[PT_IP] = ip;
	s->regs.r[PT_SP] = bp + 2 * WORD;
	s->regs.r[PT_BP] = next;
	s->is_call = true;
	s->whole = false;
	return true;
}

static void lost(struct trace *t, const struct state *s, const char *what)
{
	t->end = UNWIND_LOST;
	snprintf(t->why, sizeof(t->why), "%s (pc %" PRIx64 ", sp %" PRIx64 ")", what,
		 s->regs.r[PT_IP], s->regs.r[PT_SP]);
}

/* One step; false where the trace ends, with t->end said. */
static bool step(struct unwinder *u, struct state *s, bool *ret_uncertain, struct trace *t)
{
	uint64_t ip = s->regs.r[PT_IP], cfa;
	struct orc_entry orc;

	if (ip == 0 && s->first) { /* a call through NULL: the return address is on top */
		orc = (struct orc_entry){ .sp = ORC_SP, .sp_offset = WORD, .type = ORC_CALL };
	} else if (!orc_find(u->orc, ip - s->is_call, &orc)) {
		*ret_uncertain = true;
		if (step_frame_pointer(u, s))
			return true;
		lost(t, s, "no table knows this code");
		return false;
	}
	if (orc.type == ORC_END) {
		t->end = UNWIND_CLEAN;
		return false;
	}
	if (orc.type == ORC_NOTHING) {
		if (step_undescribed(u, s))
			return true;
		lost(t, s, "the tables say nothing of this code");
		return false;
	}
	if (!frame_address(u, s, &orc, &cfa) || !step_return(u, s, &orc, cfa)) {
		lost(t, s, "the stack cannot be read");
		return false;
	}
	return true;
}

void unwind(struct unwinder *u, const struct regs *regs, bool is_call, struct trace *ret)
{
	struct state s = { .regs = *regs, .is_call = is_call, .whole = !is_call, .first = true };
	bool uncertain = false;

	ret->count = 0;
	ret->end = UNWIND_LONG;
	ret->why[0] = '\0';
	while (ret->count < FRAMES_MAX) {
		uint64_t sp = s.regs.r[PT_SP], ip = s.regs.r[PT_IP];
		struct frame *f = &ret->frames[ret->count];

		ret->stack = sp;
		if (!s.is_call && s.regs.r[PT_CS] & 3) {
			ret->user = s.regs;
			ret->end = UNWIND_USER;
			return;
		}
		*f = (struct frame){
			.pc = ip,
			.at = s.is_call ? sp - WORD : sp,
			.is_call = s.is_call,
			.has_regs = !s.is_call && !s.first,
			.uncertain = uncertain,
		};
		if (f->has_regs)
			f->regs = s.regs;
		ret->count++;
		uncertain = false;
		if (!step(u, &s, &uncertain, ret))
			return;
		s.first = false;
		if (s.regs.r[PT_SP] == sp && s.regs.r[PT_IP] == ip) {
			lost(ret, &s, "the stack leads back to itself");
			return;
		}
	}
}
