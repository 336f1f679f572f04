/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/unwind.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/unwind_impl.h"

int unwinder_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
		  const struct modules *modules, const struct stacks *stacks, struct unwinder **ret,
		  struct error *e)
{
	_cleanup_(unwinder_freep) struct unwinder *u = calloc(1, sizeof(*u));
	uint64_t addr;
	int err;

	if (!u)
		return error_errno(e, -ENOMEM, "unwinder");
	u->reader = r;
	u->symbols = symbols;
	u->stacks = stacks;
	/* The change came with a per-CPU flag for the IRQ stack's use, which later moved into pcpu_hot. */
	u->old_indirect = !symbols_find(symbols, "hardirq_stack_inuse", &addr) &&
			  !types_has(types, "pcpu_hot");
	unwind_find_traced(u, types);
	err = orc_open(r, symbols, types, modules, &u->orc, e);
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

void unwinder_set_task(struct unwinder *u, uint64_t task)
{
	u->task = task;
}

bool unwinder_is_code(const struct unwinder *u, uint64_t addr)
{
	return orc_covers(u->orc, addr);
}

bool unwind_word(struct unwinder *u, uint64_t addr, uint64_t *ret)
{
	uint8_t bytes[WORD];

	if (addr % WORD || kernel_read(u->reader, addr, bytes, sizeof(bytes), NULL) < 0)
		return false;
	*ret = le64_get(bytes);
	return true;
}

bool unwind_regs(struct unwinder *u, uint64_t addr, struct regs *ret)
{
	uint8_t bytes[REGS_SIZE];

	if (addr % WORD || kernel_read(u->reader, addr, bytes, sizeof(bytes), NULL) < 0)
		return false;
	for (size_t i = 0; i < REGS; i++)
		ret->r[i] = le64_get(bytes + i * WORD);
	return true;
}

/* The frame's upper end, the canonical frame address. */
static bool frame_address(struct unwinder *u, const struct unwind_state *s,
			  const struct orc_entry *orc, uint64_t *ret)
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
		return unwind_word(u, base + offset, ret);
	case ORC_SP_INDIRECT:
		if (u->old_indirect)
			return unwind_word(u, base + offset, ret);
		if (!unwind_word(u, base, ret))
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

static bool step_return(struct unwinder *u, struct unwind_state *s, const struct orc_entry *orc,
			uint64_t cfa)
{
	uint64_t bp = s->regs.r[PT_BP], from_regs = bp;
	struct regs next = s->regs;

	switch (orc->type) {
	case ORC_CALL:
		if (!unwind_word(u, cfa - WORD, &next.r[PT_IP]))
			return false;
		next.r[PT_IP] = unwind_return_address(u, next.r[PT_IP], cfa - WORD);
		next.r[PT_SP] = cfa;
		s->is_call = true;
		s->whole = false;
		break;
	case ORC_REGS:
		if (!unwind_regs(u, cfa, &next))
			return false;
		s->regs_at = cfa;
		from_regs = next.r[PT_BP];
		s->is_call = false;
		s->whole = true;
		break;
	case ORC_REGS_PARTIAL:
		for (unsigned i = PT_IP; i < REGS; i++)
			if (!unwind_word(u, cfa + (i - PT_IP) * WORD, &next.r[i]))
				return false;
		s->regs_at = cfa - (uint64_t)PT_IP * WORD;
		s->is_call = false;
		break;
	case ORC_NOTHING:
	case ORC_END:
		return false;
	}
	next.r[PT_BP] = from_regs;
	if (orc->bp == ORC_PREVIOUS_SP || orc->bp == ORC_BP) {
		uint64_t base = orc->bp == ORC_BP ? bp : cfa;

		if (!unwind_word(u, base + (uint64_t)(int64_t)orc->bp_offset, &next.r[PT_BP]))
			return false;
	}
	s->regs = next;
	return true;
}

/* A jump to where no code is, such as a call of NULL: the return address is still on top of the stack. */
static bool is_bad_jump(struct unwinder *u, const struct unwind_state *s)
{
	uint64_t ip = s->regs.r[PT_IP];
	struct kernel_mapping mapping;

	return !s->is_call &&
	       (kernel_mapping(u->reader, UINT64_MAX, ip, &mapping, NULL) < 0 || !mapping.execute);
}

static bool lost(const struct unwind_state *s, const char *what, char why[UNWIND_WHY_SIZE])
{
	if (why)
		snprintf(why, UNWIND_WHY_SIZE, "%s (pc %" PRIx64 ", sp %" PRIx64 ")", what,
			 s->regs.r[PT_IP], s->regs.r[PT_SP]);
	return false;
}

/* On one stack each caller's frame lies above. */
static bool leads_up(const struct unwinder *u, const struct unwind_state *from,
		     const struct unwind_state *to)
{
	struct stack before, after;

	stacks_find(u->stacks, from->regs.r[PT_SP], &before);
	stacks_find(u->stacks, to->regs.r[PT_SP], &after);
	return before.start != after.start || to->regs.r[PT_SP] > from->regs.r[PT_SP];
}

bool unwind_step(struct unwinder *u, struct unwind_state *s, enum unwind_end *ret_end,
		 char why[UNWIND_WHY_SIZE])
{
	struct unwind_state next = *s;
	struct orc_entry orc;
	uint64_t cfa;

	*ret_end = UNWIND_LOST;
	if (!orc_find(u->orc, s->regs.r[PT_IP] - s->is_call, &orc)) {
		if (!is_bad_jump(u, s))
			return lost(s, "no table knows this code", why);
		orc = (struct orc_entry){ .sp = ORC_SP, .sp_offset = WORD, .type = ORC_CALL };
	}
	if (orc.type == ORC_END) {
		*ret_end = UNWIND_CLEAN;
		return false;
	}
	if (orc.type == ORC_NOTHING) {
		if (!unwind_undescribed(u, &next))
			return lost(s, "the tables say nothing of this code", why);
	} else if (!frame_address(u, s, &orc, &cfa) || !step_return(u, &next, &orc, cfa)) {
		return lost(s, "the stack cannot be read", why);
	}
	if (!unwind_is_user(&next) && !leads_up(u, s, &next))
		return lost(s, "the stack leads back to itself", why);
	next.first = false;
	*s = next;
	return true;
}

bool unwind_is_user(const struct unwind_state *s)
{
	return !s->is_call && s->regs.r[PT_CS] & 3;
}

bool unwind_is_expected(const struct unwinder *u, const struct unwind_state *s, enum unwind_end end)
{
	uint64_t at = end == UNWIND_USER ? s->regs_at : s->regs.r[PT_SP];
	struct stack stack;

	if (at == 0)
		return true;
	stacks_find(u->stacks, at, &stack);
	if (stack.kind == STACK_TASK)
		return at + REGS_SIZE == stack.end - stacks_reserve(u->stacks);
	return end == UNWIND_USER && at + REGS_SIZE == stack.end;
}

static void add_frame(struct trace *t, const struct unwind_state *s, bool uncertain)
{
	struct frame *f = &t->frames[t->count++];

	*f = (struct frame){
		.pc = s->regs.r[PT_IP],
		.at = s->is_call ? s->regs.r[PT_SP] - WORD : s->regs.r[PT_SP],
		.is_call = s->is_call,
		.has_regs = !s->is_call && !s->first,
		.uncertain = uncertain || s->guessed,
	};
	if (!s->is_call) {
		f->regs = s->regs;
		f->regs_at = s->regs_at;
	}
}

static void finish(struct unwinder *u, struct trace *t, const struct unwind_state *s,
		   enum unwind_end end)
{
	t->end = end;
	t->stack = s->regs.r[PT_SP];
	t->unexpected = !unwind_is_expected(u, s, end);
}

void unwind(struct unwinder *u, const struct regs *regs, bool is_call, struct trace *ret)
{
	struct unwind_state s = {
		.regs = *regs, .is_call = is_call, .whole = !is_call, .first = true
	};
	bool uncertain = false;

	ret->count = 0;
	ret->end = UNWIND_LONG;
	ret->unexpected = false;
	ret->why[0] = '\0';
	while (ret->count < FRAMES_MAX) {
		enum unwind_end end;

		ret->stack = s.regs.r[PT_SP];
		if (unwind_is_user(&s)) {
			ret->user = s.regs;
			ret->user_at = s.regs_at;
			finish(u, ret, &s, UNWIND_USER);
			return;
		}
		add_frame(ret, &s, uncertain);
		uncertain = false;
		if (unwind_step(u, &s, &end, ret->why))
			continue;
		if (end == UNWIND_CLEAN) {
			finish(u, ret, &s, end);
			return;
		}
		if (unwind_frame_pointer(u, &s)) {
			uncertain = true;
			/* a thread's first frame pointer leads to registers that no user had */
			if (!s.is_call && s.regs.r[PT_IP] == 0 && s.regs.r[PT_CS] == 0) {
				s.regs.r[PT_SP] = s.regs_at;
				finish(u, ret, &s, UNWIND_CLEAN);
				return;
			}
		} else if (!unwind_resume(u, &s)) {
			unwind_scan(u, &s, ret);
			ret->end = UNWIND_LOST;
			return;
		}
	}
}

const char *unwind_end_name(enum unwind_end end)
{
	static const char *const names[] = {
		[UNWIND_CLEAN] = "clean",
		[UNWIND_USER] = "user",
		[UNWIND_LOST] = "lost",
		[UNWIND_LONG] = "long",
	};

	return names[end];
}
