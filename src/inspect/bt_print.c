/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trace as crash writes it. */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "inspect/bt.h"
#include "inspect/disassemble.h"
#include "kernel/slab.h"

#define WORD 8

void bt_print_regs(FILE *out, const struct regs *regs)
{
	static const struct {
		const char *name;
		uint8_t reg, digits;
		bool last;
	} shown[] = {
		{ "RIP", PT_IP, 16, false },
		{ "RSP", PT_SP, 16, false },
		{ "RFLAGS", PT_FLAGS, 8, true },
		{ "RAX", PT_AX, 16, false },
		{ "RBX", PT_BX, 16, false },
		{ "RCX", PT_CX, 16, true },
		{ "RDX", PT_DX, 16, false },
		{ "RSI", PT_SI, 16, false },
		{ "RDI", PT_DI, 16, true },
		{ "RBP", PT_BP, 16, false },
		{ " R8", PT_R8, 16, false },
		{ " R9", PT_R9, 16, true },
		{ "R10", PT_R10, 16, false },
		{ "R11", PT_R11, 16, false },
		{ "R12", PT_R12, 16, true },
		{ "R13", PT_R13, 16, false },
		{ "R14", PT_R14, 16, false },
		{ "R15", PT_R15, 16, true },
		{ "ORIG_RAX", PT_ORIG_AX, 16, false },
		{ "CS", PT_CS, 4, false },
		{ "SS", PT_SS, 4, true },
	};
	bool start = true;

	for (size_t i = 0; i < ARRAY_SIZE(shown); i++) {
		fprintf(out, "%s%s: %0*" PRIx64, start ? "    " : "  ", shown[i].name,
			shown[i].digits, regs->r[shown[i].reg]);
		start = shown[i].last;
		if (start)
			fputc('\n', out);
	}
}

void bt_print_exception(struct bt *b, const struct regs *regs)
{
	char name[INSPECT_NAME_SIZE], text[INSTRUCTION_TEXT_SIZE];
	const char *module;
	unsigned len;

	if (!bt_symbol_name(b, regs->r[PT_IP], true, name, &module))
		snprintf(name, sizeof(name), "unknown or invalid address");
	fprintf(b->c->out, "    [exception RIP: %s]\n", name);
	if (inspect_instruction(b->c, regs->r[PT_IP], false, text, &len, NULL) == 0)
		fprintf(b->c->out, "    [instruction: %s]\n", text);
	bt_print_regs(b->c->out, regs);
}

void bt_print_word(struct bt *b, uint64_t word, enum bt_words as)
{
	char name[INSPECT_NAME_SIZE];
	struct slab_object object;
	const char *module;

	if (as >= BT_SYMBOLS && bt_symbol_name(b, word, true, name, &module))
		fprintf(b->c->out, "%-16s ", name);
	else if (as < BT_CACHES || !b->slabs || word >> 47 != 0x1ffff ||
		 slab_of(b->slabs, word, &object, NULL) < 0)
		fprintf(b->c->out, "%016" PRIx64 " ", word);
	else if (as == BT_CACHED_ADDRESSES)
		fprintf(b->c->out, "[%016" PRIx64 ":%s] ", word, object.slab.cache->name);
	else
		fprintf(b->c->out, "[%s]%*s", object.slab.cache->name,
			MAX(1, 15 - (int)strlen(object.slab.cache->name)), "");
}

/* The words from start to end, two a line. */
static void print_words(struct bt *b, uint64_t start, uint64_t end)
{
	for (uint64_t at = start; at < end; at += WORD) {
		uint8_t bytes[WORD];

		if ((at - start) % (2 * WORD) == 0)
			fprintf(b->c->out, "    %016" PRIx64 ": ", at);
		if (kernel_read(b->c->reader, at, bytes, sizeof(bytes), NULL) < 0) {
			fprintf(b->c->out, "(not in the dump)\n");
			return;
		}
		bt_print_word(b, le64_get(bytes), b->o.symbolic);
		if ((at - start) % (2 * WORD) != 0 || at + WORD >= end)
			fputc('\n', b->c->out);
	}
}

/* "--- <IRQ stack> ---" where the frames leave a stack of the CPU's. */
static void print_leaving(struct bt *b, size_t index)
{
	struct stack before, after;

	if (index == 0)
		return;
	stacks_find(b->stacks, b->trace.frames[index - 1].at, &before);
	stacks_find(b->stacks, b->trace.frames[index].at, &after);
	if (before.start != after.start && before.kind != STACK_TASK)
		fprintf(b->c->out, "--- <%s> ---\n", stack_name(before.kind));
}

static void print_line(struct bt *b, uint64_t pc)
{
	char line[INSPECT_NAME_SIZE];

	const struct inspect_lines *lines = b->c->lines;

	if (!lines || !lines->at(lines->user, pc, line, sizeof(line)))
		return;
	fprintf(b->c->out, "    %s\n", line);
	for (unsigned level = 1; lines->inlined(lines->user, pc, level, line, sizeof(line));
	     level++)
		fprintf(b->c->out, "    %s\n", line);
}

static void print_frame(struct bt *b, const struct task *task, size_t index)
{
	const struct frame *f = &b->trace.frames[index];
	char name[INSPECT_NAME_SIZE];
	const char *module = "";
	FILE *out = b->c->out;
	uint64_t start, end;

	if (bt_shows_regs(b, task, index))
		bt_print_exception(b, &f->regs);
	print_leaving(b, index);
	if (!bt_symbol_name(b, f->pc - f->is_call, false, name, &module))
		snprintf(name, sizeof(name), "(unknown)");
	else if (b->o.offsets)
		bt_frame_name(b, f, true, name);
	fprintf(out, "%s#%zu [%016" PRIx64 "] %s%s at %016" PRIx64 "%s\n", index < 10 ? " " : "",
		index, f->at, f->uncertain ? "? " : "", name, f->pc, module);
	if (b->o.lines)
		print_line(b, f->pc - f->is_call);
	if (b->o.locals && b->c->lines)
		b->c->lines->locals(b->c->lines->user, b->c, task, &b->trace, index);
	if (b->o.data && bt_frame_data(b, index, &start, &end))
		print_words(b, start, end);
}

void bt_print(struct bt *b, const struct task *task, const char *fault)
{
	const struct trace *t = &b->trace;
	FILE *out = b->c->out;

	if (fault) {
		fprintf(out, "    (%s)\n", fault);
		return;
	}
	for (size_t i = 0; i < t->count; i++)
		print_frame(b, task, i);
	if (t->end == UNWIND_USER)
		bt_print_regs(out, &t->user);
	if (t->end == UNWIND_LOST)
		fprintf(out, "    (the trace was lost: %s)\n", t->why);
	else if (t->why[0])
		fprintf(out, "    (frames with ? are uncertain: %s)\n", t->why);
	if (t->end == UNWIND_LONG)
		fprintf(out, "    (more frames are not shown)\n");
	else if (t->unexpected)
		fprintf(out, "    (unexpected end: this is not where a task's stack begins)\n");
}
