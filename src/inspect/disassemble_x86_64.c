/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * capstone's decoding written as GNU's disassembler, and so crash, writes it: its own AT&T text has other spaces, numbers and
 * suffixes.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include <capstone/capstone.h>

#include "inspect/disassemble.h"

struct decoder {
	csh handle;
	cs_insn *insn;
};

/* Text that grows in an instruction; what does not fit is cut. */
struct writer {
	char *text;
	size_t size, len;
};

static void put(struct writer *w, const char *fmt, ...) _printf_(2, 3);

static void put(struct writer *w, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(w->text + w->len, w->size - w->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		w->len += MIN((size_t)n, w->size - w->len - 1);
}

/* ---- operands ---- */

static bool is_general(csh handle, x86_reg reg)
{
	const char *name = reg == X86_REG_INVALID ? NULL : cs_reg_name(handle, reg);
	size_t len = name ? strlen(name) : 0;

	if (len < 2 || len > 4)
		return false;
	/* al ax eax rax, r8 r8b r8w r8d; not cr0 dr0 cs st xmm k1 */
	if (name[0] == 'r' || name[0] == 'e')
		return strcmp(name, "es") != 0;
	return len <= 3 && strchr("abcds", name[0]) && strchr("xlhip", name[len - 1]);
}

static unsigned widest(const cs_x86 *x)
{
	unsigned size = 0;

	for (unsigned i = 0; i < x->op_count; i++)
		if (x->operands[i].type != X86_OP_IMM)
			size = MAX(size, (unsigned)x->operands[i].size);
	return size;
}

static void put_immediate(struct writer *w, const cs_x86 *x, const cs_x86_op *op)
{
	unsigned size = widest(x);
	uint64_t value = (uint64_t)op->imm;

	/* Shifts by one have an encoding of their own, and so a form. */
	if (x->opcode[0] == 0xd0 || x->opcode[0] == 0xd1) {
		put(w, "$1");
		return;
	}
	if (size == 0)
		size = op->size;
	if (size > 0 && size < 8)
		value &= (UINT64_C(1) << (8 * size)) - 1;
	put(w, "$0x%" PRIx64, value);
}

static void put_distance(struct writer *w, int64_t disp)
{
	if (disp < 0)
		put(w, "-0x%" PRIx64, -(uint64_t)disp);
	else
		put(w, "0x%" PRIx64, (uint64_t)disp);
}

static void put_memory(struct writer *w, csh handle, const cs_x86 *x, const cs_x86_op *op)
{
	const x86_op_mem *m = &op->mem;
	bool registers = m->base != X86_REG_INVALID || m->index != X86_REG_INVALID;

	if (m->segment != X86_REG_INVALID && m->segment != X86_REG_CS)
		put(w, "%%%s:", cs_reg_name(handle, m->segment));
	if (!registers)
		put(w, "0x%" PRIx64, (uint64_t)m->disp);
	else if (m->disp != 0 || x->encoding.disp_size > 0)
		put_distance(w, m->disp);
	if (!registers)
		return;
	put(w, "(");
	if (m->base != X86_REG_INVALID)
		put(w, "%%%s", cs_reg_name(handle, m->base));
	if (m->index != X86_REG_INVALID)
		put(w, ",%%%s,%d", cs_reg_name(handle, m->index), m->scale);
	put(w, ")");
}

static bool is_branch(const struct decoder *d)
{
	return cs_insn_group(d->handle, d->insn, CS_GRP_JUMP) ||
	       cs_insn_group(d->handle, d->insn, CS_GRP_CALL);
}

static void put_register(struct writer *w, const struct decoder *d, x86_reg reg, bool branch)
{
	const char *name = cs_reg_name(d->handle, reg);

	if (reg >= X86_REG_DR0 && reg <= X86_REG_DR15)
		put(w, "%%db%s", name + 2);
	else if (reg == X86_REG_DX && (d->insn->id == X86_INS_IN || d->insn->id == X86_INS_OUT))
		put(w, "(%%dx)");
	else
		put(w, "%s%%%s", branch ? "*" : "", name);
}

static void put_operand(struct writer *w, const struct decoder *d, const cs_x86_op *op,
			struct instruction *i)
{
	const cs_x86 *x = &d->insn->detail->x86;
	bool branch = is_branch(d);

	switch (op->type) {
	case X86_OP_REG:
		put_register(w, d, op->reg, branch);
		break;
	case X86_OP_IMM:
		if (!branch) {
			put_immediate(w, x, op);
			break;
		}
		i->has_target = true;
		i->target = (uint64_t)op->imm;
		put(w, "0x%" PRIx64, i->target);
		break;
	case X86_OP_MEM:
		if (branch)
			put(w, "*");
		put_memory(w, d->handle, x, op);
		if (op->mem.base != X86_REG_RIP)
			break;
		i->has_target = i->is_place = true;
		i->target = d->insn->address + d->insn->size + (uint64_t)op->mem.disp;
		break;
	case X86_OP_INVALID:
		break;
	}
}

/* ---- the name ---- */

/* Of these the size is written where no register tells it. */
static const char *const sized[] = {
	"adc",	"add",	   "and",  "bsf",    "bsr",   "bswap", "bt",   "btc",  "btr",  "bts",
	"cmp",	"cmpxchg", "dec",  "div",    "idiv",  "imul",  "inc",  "lea",  "mov",  "mul",
	"neg",	"not",	   "or",   "popcnt", "lzcnt", "tzcnt", "rcl",  "rcr",  "rol",  "ror",
	"sar",	"sbb",	   "shl",  "shld",   "shr",   "shrd",  "sub",  "test", "xadd", "xchg",
	"xor",	"movnti",  "andn", "bextr",  "sarx",  "shlx",  "shrx", "rorx", "mulx", "pdep",
	"pext", "crc32",   "str",  "sldt",   "smsw",  "lsl",   "lar",  "in",   "out",
};

/* Of these it never is. */
static const char *const unsized[] = {
	"call",	    "jmp",	"ret",	    "push",   "pop",	 "leave", "movabs",  "pushf",
	"popf",	    "enter",	"lgdt",	    "lidt",   "sgdt",	 "sidt",  "invpcid", "rdfsbase",
	"wrfsbase", "rdgsbase", "wrgsbase", "vmread", "vmwrite", "lretq",
};

static bool is_one_of(const char *const *names, size_t count, const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return true;
	return false;
}

static bool has_general(const struct decoder *d)
{
	const cs_x86 *x = &d->insn->detail->x86;

	for (unsigned i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_REG && is_general(d->handle, x->operands[i].reg))
			return true;
	return false;
}

/* How much of capstone's name is GNU's. */
static size_t name_length(const struct decoder *d, const char *name)
{
	size_t len = strlen(name), base = len - 1;

	if (len < 3 || !strchr("bwlq", name[base]))
		return len;
	if (is_one_of(unsized, ARRAY_SIZE(unsized), name, base))
		return base;
	if ((is_one_of(sized, ARRAY_SIZE(sized), name, base) ||
	     (strncmp(name, "cmov", 4) == 0 && base >= 5)) &&
	    has_general(d))
		return base;
	return len;
}

static void put_name(struct writer *w, const struct decoder *d)
{
	const char *name = d->insn->mnemonic, *blank;
	size_t len;

	/* A thunk's call is as long as the call it stands for. */
	if (d->insn->bytes[0] == 0x2e && is_branch(d))
		put(w, "cs ");
	/* "lock", "rep": a name of its own */
	while ((blank = strchr(name, ' '))) {
		put(w, "%.*s ", (int)(blank - name), name);
		name = blank + 1;
	}
	len = name_length(d, name);
	if (d->insn->detail->x86.op_count == 0 && d->insn->op_str[0] == '\0')
		put(w, "%.*s", (int)len, name);
	else
		put(w, w->len == 0 ? "%-6.*s " : "%.*s ", (int)len, name);
}

/* ---- all of it ---- */

/* Padding of any length is one instruction with as many prefixes as it takes. */
static bool write_padding(struct writer *w, const struct decoder *d)
{
	const cs_insn *in = d->insn;
	const cs_x86_op *op = &in->detail->x86.operands[0];
	unsigned at = 0;

	if (in->id != X86_INS_NOP)
		return false;
	while (at < in->size && in->bytes[at] == 0x66)
		at++;
	if (at > 0 && at + 1 == in->size) {
		for (; at > 1; at--)
			put(w, "data16 ");
		put(w, w->len == 0 ? "xchg   %%ax,%%ax" : "xchg %%ax,%%ax");
		return true;
	}
	if (at == in->size || in->bytes[at] != 0x2e)
		return false;
	for (; at > 1; at--)
		put(w, "data16 ");
	put(w, "cs nopw ");
	put_memory(w, d->handle, &in->detail->x86, op);
	return true;
}

/* Of string instructions GNU writes the operands that the encoding has not. */
static bool write_string(struct writer *w, const struct decoder *d)
{
	static const struct {
		uint8_t opcode; /* of bytes; the next is of wider elements */
		const char *name, *source, *target;
		bool sized; /* the name tells the width, where no register does */
	} strings[] = {
		{ 0x6c, "ins", "(%dx)", "%es:(%rdi)", true },
		{ 0x6e, "outs", "%ds:(%rsi)", "(%dx)", true },
		{ 0xa4, "movs", "%ds:(%rsi)", "%es:(%rdi)", true },
		{ 0xa6, "cmps", "%es:(%rdi)", "%ds:(%rsi)", true },
		{ 0xaa, "stos", NULL, "%es:(%rdi)", false },
		{ 0xac, "lods", "%ds:(%rsi)", NULL, false },
		{ 0xae, "scas", "%es:(%rdi)", NULL, false },
	};
	static const char *const registers[] = { "%al", "%ax", "%eax", "%rax" };
	const cs_x86 *x = &d->insn->detail->x86;
	unsigned width = 2;
	char name[8];

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		if (x->opcode[0] != strings[i].opcode && x->opcode[0] != strings[i].opcode + 1)
			continue;
		if (x->opcode[0] == strings[i].opcode)
			width = 0;
		else if (x->rex & 8)
			width = 3;
		else if (x->prefix[2] == X86_PREFIX_OPSIZE)
			width = 1;
		if (x->prefix[0] == X86_PREFIX_REP)
			put(w, x->opcode[0] >= 0xae || (x->opcode[0] & 0xfe) == 0xa6 ? "repz "
										     : "rep ");
		else if (x->prefix[0] == X86_PREFIX_REPNE)
			put(w, "repnz ");
		if (strings[i].sized)
			snprintf(name, sizeof(name), "%s%c", strings[i].name, "bwlq"[width]);
		else
			snprintf(name, sizeof(name), "%s", strings[i].name);
		put(w, w->len == 0 ? "%-6s " : "%s ", name);
		put(w, "%s,%s", strings[i].source ? strings[i].source : registers[width],
		    strings[i].target ? strings[i].target : registers[width]);
		return true;
	}
	return false;
}

static void write_operands(struct writer *w, const struct decoder *d, struct instruction *ret)
{
	const cs_x86 *x = &d->insn->detail->x86;

	for (unsigned i = 0; i < x->op_count; i++) {
		if (i > 0)
			put(w, ",");
		put_operand(w, d, &x->operands[i], ret);
	}
}

/* Their operands are registers that the encoding does not name. */
static bool write_waiting(struct writer *w, const struct decoder *d)
{
	if (d->insn->id == X86_INS_MONITOR)
		put(w, "monitor %%rax,%%ecx,%%edx");
	else if (d->insn->id == X86_INS_MWAIT)
		put(w, "mwait  %%eax,%%ecx");
	return w->len > 0;
}

static bool decode(void *user, uint64_t addr, const uint8_t *bytes, size_t len,
		   struct instruction *ret)
{
	struct decoder *d = user;
	struct instruction i = { 0 };
	struct writer w = { .text = i.text, .size = sizeof(i.text) };

	if (!cs_disasm_iter(d->handle, &bytes, &len, &addr, d->insn))
		return false;
	i.len = d->insn->size;
	i.is_padding = d->insn->id == X86_INS_NOP;
	if (!write_padding(&w, d) && !write_string(&w, d) && !write_waiting(&w, d)) {
		put_name(&w, d);
		write_operands(&w, d, &i);
	}
	*ret = i;
	return true;
}

int disassembler_open(struct inspect_disassembler *ret, struct error *e)
{
	_cleanup_free_ struct decoder *d = calloc(1, sizeof(*d));

	if (!d)
		return error_errno(e, -ENOMEM, "disassembler");
	if (cs_open(CS_ARCH_X86, CS_MODE_64, &d->handle) != CS_ERR_OK)
		return error_set(e, -ENOTSUP, "capstone has no x86_64");
	if (cs_option(d->handle, CS_OPT_DETAIL, CS_OPT_ON) != CS_ERR_OK ||
	    cs_option(d->handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT) != CS_ERR_OK ||
	    !(d->insn = cs_malloc(d->handle))) {
		cs_close(&d->handle);
		return error_errno(e, -ENOMEM, "disassembler");
	}
	*ret = (struct inspect_disassembler){ .decode = decode, .user = TAKE_PTR(d) };
	return 0;
}

void disassembler_close(struct inspect_disassembler *ret)
{
	struct decoder *d = ret->user;

	if (!d)
		return;
	cs_free(d->insn, 1);
	cs_close(&d->handle);
	free(d);
	ret->user = NULL;
}
