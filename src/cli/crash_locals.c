/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/crash_locals.h"

#include <inttypes.h>
#include <string.h>

#include "inspect/evaluate.h"
#include "kernel/debuginfo.h"
#include "kernel/unwind.h"

#define LARGE 16 /* bytes of a struct that is shown in one line */

/* DWARF's numbering of struct pt_regs' members. */
static const enum reg order[DEBUGINFO_REGISTERS] = {
	PT_AX, PT_DX, PT_CX,  PT_BX,  PT_SI,  PT_DI,  PT_BP,  PT_SP,
	PT_R8, PT_R9, PT_R10, PT_R11, PT_R12, PT_R13, PT_R14, PT_R15,
};

static void take_registers(struct debuginfo_frame *f, const struct regs *regs, uint32_t known)
{
	for (size_t i = 0; i < DEBUGINFO_REGISTERS; i++)
		f->r[i] = regs->r[order[i]];
	f->known = known;
}

/* What a callee keeps is in struct inactive_task_frame, which ends where the stack pointer is. */
static void take_sleeping(struct inspect *c, const struct regs *regs, struct debuginfo_frame *ret)
{
	static const struct {
		const char *member;
		unsigned number;
	} kept[] = { { "bx", 3 },   { "bp", 6 },   { "r12", 12 },
		     { "r13", 13 }, { "r14", 14 }, { "r15", 15 } };
	struct object_source source;
	struct object frame;

	take_registers(ret, regs, 1u << DEBUGINFO_SP);
	if (inspect_source(c, &source, NULL) < 0 ||
	    object_at(&source, "inactive_task_frame", regs->r[PT_SP], &frame, NULL) < 0)
		return;
	frame.addr -= object_size(&frame);
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (object_number(&source, &frame, kept[i].member, &ret->r[kept[i].number], NULL) ==
		    0)
			ret->known |= 1u << kept[i].number;
}

static void first_frame(struct inspect *c, const struct task *task, const struct trace *trace,
			struct debuginfo_frame *ret)
{
	const uint32_t all = (1u << DEBUGINFO_REGISTERS) - 1;
	const struct frame *f = &trace->frames[0];
	struct regs regs;
	bool is_call;

	if (f->has_regs)
		take_registers(ret, &f->regs, all);
	else if (!c->tasks || task_registers(c->tasks, task, &regs, &is_call, NULL) < 0 ||
		 regs.r[PT_IP] != f->pc)
		return;
	else if (is_call)
		take_sleeping(c, &regs, ret);
	else
		take_registers(ret, &regs, all);
}

/* Frame by frame from the innermost on: each one's registers come out of the one before. */
static void find_frame(struct debuginfo *d, struct inspect *c, const struct task *task,
		       const struct trace *trace, size_t index, struct debuginfo_frame *ret)
{
	struct debuginfo_frame f = { 0 };

	first_frame(c, task, trace, &f);
	for (size_t i = 0;; i++) {
		const struct frame *own = &trace->frames[i], *next = own + 1;

		if (i > 0 && own->has_regs)
			take_registers(&f, &own->regs, (1u << DEBUGINFO_REGISTERS) - 1);
		f.pc = own->pc - own->is_call;
		f.cfa = i + 1 < trace->count && !next->has_regs ? next->at + 8 : 0;
		if (i == index)
			break;
		debuginfo_caller(d, c->reader, &f, &f);
	}
	*ret = f;
}

struct printing {
	struct inspect *c;
	struct buf unknown; /* names */
};

/* One line: what would need more is named with its place. */
static int value_text(struct inspect *c, const struct debuginfo_local *l, struct buf *ret)
{
	static const struct value_style style = { 0 };
	const struct value value = {
		.type = l->type,
		.in_memory = l->in_memory,
		.addr = l->value,
		.number = l->value,
	};
	struct btf_type t;
	struct error why;
	uint64_t size;
	uint32_t id;
	int err;

	if (!btf_resolve(l->type.btf, l->type.id, &id, &t) ||
	    !btf_size(l->type.btf, l->type.id, &size))
		return buf_printf(ret, "?");
	if (t.kind != BTF_INT && t.kind != BTF_PTR && !(BTF_BIT(t.kind) & BTF_ENUMS) &&
	    (size > LARGE || (BTF_BIT(t.kind) & BTF_STRUCTS)))
		return l->in_memory
			       ? buf_printf(ret, "%" PRIu64 " bytes at %" PRIx64, size, l->value)
			       : buf_printf(ret, "0x%" PRIx64, l->value);
	err = evaluate_text(c, &value, &style, ret, &why);
	return err < 0 ? buf_printf(ret, "(%s)", error_text(&why)) : 0;
}

static void print_one(void *user, const struct debuginfo_local *l)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct printing *p = user;

	if (!l->is_known)
		(void)!buf_printf(&p->unknown, "%s%s", p->unknown.len ? ", " : "", l->name);
	else if (value_text(p->c, l, &text) == 0)
		fprintf(p->c->out, "    %s: %s = %s\n", l->function ? l->function : "?", l->name,
			text.data);
}

void locals_print(struct debuginfo *d, struct inspect *c, const struct task *task,
		  const struct trace *trace, size_t index)
{
	struct printing p = { .c = c };
	struct debuginfo_frame f;
	struct types *types;

	if (inspect_types(c, &types, NULL) < 0)
		return;
	find_frame(d, c, task, trace, index, &f);
	debuginfo_locals(d, types, c->reader, &f, print_one, &p);
	if (p.unknown.len)
		fprintf(c->out, "    (not known: %s)\n", p.unknown.data);
	buf_done(&p.unknown);
}
