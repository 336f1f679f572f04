/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Local variables: where DWARF says that they are, worked out with the registers of a frame. ORC tells where frames are, but not
 * where a function kept its caller's registers: that is in .debug_frame.
 */
#include <dwarf.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/debuginfo_impl.h"

#define STACK 32
#define OPERATIONS 200

/* A place, worked out. */
struct machine {
	struct kernel_reader *reader;
	const struct debuginfo_frame *frame;
	uint64_t bias;
	bool has_base; /* DW_AT_frame_base is the CFA, which is all that gcc and clang write for the kernel */
	uint64_t stack[STACK];
	unsigned depth;
	bool is_value; /* what is on the stack is the variable itself */
};

static bool push(struct machine *m, uint64_t value)
{
	if (m->depth == STACK)
		return false;
	m->stack[m->depth++] = value;
	return true;
}

static bool push_register(struct machine *m, uint64_t number, uint64_t add)
{
	return number < DEBUGINFO_REGISTERS && (m->frame->known >> number & 1) &&
	       push(m, m->frame->r[number] + add);
}

static bool dereference(struct machine *m, uint64_t size)
{
	uint8_t bytes[8] = { 0 };

	if (m->depth == 0 || size == 0 || size > sizeof(bytes) ||
	    kernel_read(m->reader, m->stack[m->depth - 1], bytes, size, NULL) < 0)
		return false;
	m->stack[m->depth - 1] = le64_get(bytes);
	return true;
}

static bool apply_binary(struct machine *m, unsigned atom)
{
	uint64_t right, *left;

	if (m->depth < 2)
		return false;
	right = m->stack[--m->depth];
	left = &m->stack[m->depth - 1];
	switch (atom) {
	case DW_OP_plus:
		*left += right;
		return true;
	case DW_OP_minus:
		*left -= right;
		return true;
	case DW_OP_mul:
		*left *= right;
		return true;
	case DW_OP_and:
		*left &= right;
		return true;
	case DW_OP_or:
		*left |= right;
		return true;
	case DW_OP_xor:
		*left ^= right;
		return true;
	case DW_OP_shl:
		*left = right < 64 ? *left << right : 0;
		return true;
	case DW_OP_shr:
		*left = right < 64 ? *left >> right : 0;
		return true;
	case DW_OP_shra:
		*left = (uint64_t)((int64_t)*left >> MIN(right, UINT64_C(63)));
		return true;
	default:
		return false;
	}
}

/* What has no case is not known: entry values, pieces, conversions, branches. */
static bool apply(struct machine *m, const Dwarf_Op *op)
{
	const unsigned atom = op->atom;

	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		return push(m, atom - DW_OP_lit0);
	if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
		return push_register(m, atom - DW_OP_breg0, op->number);
	if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31) {
		m->is_value = true;
		return push_register(m, atom - DW_OP_reg0, 0);
	}
	switch (atom) {
	case DW_OP_addr:
		return push(m, op->number + m->bias);
	case DW_OP_const1u:
	case DW_OP_const2u:
	case DW_OP_const4u:
	case DW_OP_const8u:
	case DW_OP_constu:
	case DW_OP_const1s:
	case DW_OP_const2s:
	case DW_OP_const4s:
	case DW_OP_const8s:
	case DW_OP_consts:
		return push(m, op->number);
	case DW_OP_bregx:
		return push_register(m, op->number, op->number2);
	case DW_OP_fbreg:
		return m->has_base && m->frame->cfa && push(m, m->frame->cfa + op->number);
	case DW_OP_call_frame_cfa:
		return m->frame->cfa && push(m, m->frame->cfa);
	case DW_OP_plus_uconst:
		return m->depth > 0 && (m->stack[m->depth - 1] += op->number, true);
	case DW_OP_neg:
		return m->depth > 0 && (m->stack[m->depth - 1] = -m->stack[m->depth - 1], true);
	case DW_OP_not:
		return m->depth > 0 && (m->stack[m->depth - 1] = ~m->stack[m->depth - 1], true);
	case DW_OP_deref:
		return dereference(m, 8);
	case DW_OP_deref_size:
		return dereference(m, op->number);
	case DW_OP_stack_value:
		m->is_value = true;
		return m->depth > 0;
	case DW_OP_nop:
		return true;
	default:
		return apply_binary(m, atom);
	}
}

static bool run(struct machine *m, const Dwarf_Op *ops, size_t count)
{
	if (count == 0 || count > OPERATIONS)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!apply(m, &ops[i]))
			return false;
	return m->depth > 0;
}

static const uint32_t kept =
	1 << 3 | 1 << 6 | 0xfu << 12; /* rbx rbp r12 … r15: callees keep them */

void debuginfo_caller(struct debuginfo *d, struct kernel_reader *r, const struct debuginfo_frame *f,
		      struct debuginfo_frame *ret)
{
	struct debuginfo_frame caller = { 0 };
	Dwarf_Frame *frame = NULL;

	if (!d->cfi)
		d->cfi = dwarf_getcfi(d->dw);
	if (f->cfa) {
		caller.r[DEBUGINFO_SP] = f->cfa;
		caller.known = 1u << DEBUGINFO_SP;
	}
	if (!d->cfi || dwarf_cfi_addrframe(d->cfi, f->pc - d->bias, &frame) != 0) {
		*ret = caller;
		return;
	}
	for (int i = 0; i < DEBUGINFO_REGISTERS; i++) {
		struct machine m = { .reader = r, .frame = f, .bias = d->bias };
		Dwarf_Op memory[3], *ops;
		size_t count;

		if (!(kept >> i & 1) || dwarf_frame_register(frame, i, memory, &ops, &count) != 0)
			continue;
		if (count == 0 && ops == memory && (f->known >> i & 1))
			caller.r[i] = f->r[i]; /* the function did not touch it */
		else if (count > 0 && run(&m, ops, count) && (m.is_value || dereference(&m, 8)))
			caller.r[i] = m.stack[m.depth - 1];
		else
			continue;
		caller.known |= 1u << i;
	}
	free(frame);
	*ret = caller;
}

struct search {
	struct debuginfo *d;
	struct types *types;
	struct kernel_reader *reader;
	const struct debuginfo_frame *frame;
	bool has_base;
	const char *function;
	void (*emit)(void *user, const struct debuginfo_local *local);
	void *user;
};

/* A constant, or the place at this pc. */
static void find_value(struct search *s, Dwarf_Die *die, struct debuginfo_local *l)
{
	struct machine m = {
		.reader = s->reader,
		.frame = s->frame,
		.bias = s->d->bias,
		.has_base = s->has_base,
	};
	Dwarf_Attribute attribute;
	Dwarf_Sword constant;
	Dwarf_Op *ops;
	size_t count;

	if (dwarf_attr_integrate(die, DW_AT_const_value, &attribute) &&
	    dwarf_formsdata(&attribute, &constant) == 0) {
		l->is_known = true;
		l->value = (uint64_t)constant;
		return;
	}
	if (!dwarf_attr(die, DW_AT_location, &attribute) ||
	    dwarf_getlocation_addr(&attribute, s->frame->pc - s->d->bias, &ops, &count, 1) != 1 ||
	    !run(&m, ops, count))
		return;
	l->is_known = true;
	l->in_memory = !m.is_value;
	l->value = m.stack[m.depth - 1];
}

static void emit_one(struct search *s, Dwarf_Die *die)
{
	struct debuginfo_local l = {
		.name = dwarf_diename(die),
		.function = s->function,
		.is_parameter = dwarf_tag(die) == DW_TAG_formal_parameter,
	};
	Dwarf_Attribute attribute;
	Dwarf_Die type;

	/* what only is declared there is no local */
	if (!l.name || dwarf_hasattr(die, DW_AT_declaration) ||
	    !dwarf_formref_die(dwarf_attr_integrate(die, DW_AT_type, &attribute), &type) ||
	    !debuginfo_convert(s->d, (struct btf *)types_vmlinux(s->types), &type, &l.type))
		return;
	find_value(s, die, &l);
	s->emit(s->user, &l);
}

static void emit_all(struct search *s, Dwarf_Die *scope)
{
	Dwarf_Die child;

	if (dwarf_child(scope, &child) != 0)
		return;
	do
		if (dwarf_tag(&child) == DW_TAG_formal_parameter ||
		    dwarf_tag(&child) == DW_TAG_variable)
			emit_one(s, &child);
	while (dwarf_siblingof(&child, &child) == 0);
}

static bool base_is_cfa(Dwarf_Die *function)
{
	Dwarf_Attribute attribute;
	Dwarf_Op *ops;
	size_t count;

	return dwarf_attr_integrate(function, DW_AT_frame_base, &attribute) &&
	       dwarf_getlocation(&attribute, &ops, &count) == 0 && count == 1 &&
	       ops[0].atom == DW_OP_call_frame_cfa;
}

void debuginfo_locals(struct debuginfo *d, struct types *types, struct kernel_reader *r,
		      const struct debuginfo_frame *f,
		      void (*emit)(void *user, const struct debuginfo_local *local), void *user)
{
	struct search s = {
		.d = d,
		.types = types,
		.reader = r,
		.frame = f,
		.emit = emit,
		.user = user,
	};
	_cleanup_free_ Dwarf_Die *scopes = NULL, *blocks = NULL;
	int count, inner;
	Dwarf_Die unit;

	count = debuginfo_scopes(d, f->pc - d->bias, &unit, &scopes);
	for (int i = 0; i < count; i++)
		if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
			s.has_base = base_is_cfa(&scopes[i]);
	/* the blocks that are in the innermost function are not among what it stands in */
	inner = count > 0 ? dwarf_getscopes(&unit, f->pc - d->bias, &blocks) : 0;
	s.function = count > 0 ? dwarf_diename(&scopes[0]) : NULL;
	for (int i = 0; i < inner && dwarf_tag(&blocks[i]) == DW_TAG_lexical_block; i++)
		emit_all(&s, &blocks[i]);
	for (int i = 0; i < count && dwarf_tag(&scopes[i]) != DW_TAG_compile_unit; i++) {
		/* a block belongs to the function around it */
		for (int n = i; n < count; n++)
			if (dwarf_tag(&scopes[n]) == DW_TAG_inlined_subroutine ||
			    dwarf_tag(&scopes[n]) == DW_TAG_subprogram) {
				s.function = dwarf_diename(&scopes[n]);
				break;
			}
		emit_all(&s, &scopes[i]);
	}
}
