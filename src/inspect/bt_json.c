/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A trace as JSON. */
#include "inspect/bt.h"
#include "inspect/disassemble.h"

void bt_json_regs(struct json *j, const struct regs *regs)
{
	static const struct {
		const char *name;
		enum reg reg;
	} shown[] = {
		{ "rip", PT_IP },	    { "rsp", PT_SP },  { "rflags", PT_FLAGS },
		{ "rax", PT_AX },	    { "rbx", PT_BX },  { "rcx", PT_CX },
		{ "rdx", PT_DX },	    { "rsi", PT_SI },  { "rdi", PT_DI },
		{ "rbp", PT_BP },	    { "r8", PT_R8 },   { "r9", PT_R9 },
		{ "r10", PT_R10 },	    { "r11", PT_R11 }, { "r12", PT_R12 },
		{ "r13", PT_R13 },	    { "r14", PT_R14 }, { "r15", PT_R15 },
		{ "orig_rax", PT_ORIG_AX }, { "cs", PT_CS },   { "ss", PT_SS },
	};

	json_object(j);
	for (size_t i = 0; i < ARRAY_SIZE(shown); i++)
		json_put_hex(j, shown[i].name, regs->r[shown[i].reg]);
	json_object_end(j);
}

static void string_or_null(struct json *j, const char *name, const char *value)
{
	json_put_text(j, name, value);
}

/* What the code at pc was inlined into, innermost first. */
static void inlined(struct bt *b, uint64_t pc)
{
	const struct inspect_lines *lines = b->c->lines;
	char line[INSPECT_NAME_SIZE];

	json_put_array(&b->json, "inlined");
	for (unsigned i = 1; lines && lines->inlined(lines->user, pc, i, line, sizeof(line)); i++)
		json_string(&b->json, line);
	json_array_end(&b->json);
}

/* -f */
static void data(struct bt *b, size_t index)
{
	uint64_t start = 0, end = 0, word;

	if (!bt_frame_data(b, index, &start, &end))
		end = start;
	json_put_array(&b->json, "data");
	for (; start < end && inspect_number(b->c, start, 8, &word, NULL) == 0; start += 8)
		json_hex(&b->json, word);
	json_array_end(&b->json);
}

static void frame(struct bt *b, const struct task *task, size_t index)
{
	const struct frame *f = &b->trace.frames[index];
	struct json *j = &b->json;
	char name[INSPECT_NAME_SIZE], line[INSPECT_NAME_SIZE] = "", text[INSTRUCTION_TEXT_SIZE];
	struct stack stack;
	struct symbol sym;

	json_object(j);
	bt_frame_name(b, f, false, name);
	string_or_null(j, "function", name);
	bt_frame_name(b, f, true, name);
	string_or_null(j, "symbol", name);
	json_put_string(j, "module",
			symbols_at(b->c->symbols, f->pc - f->is_call, &sym) && sym.module
				? sym.module->name
				: NULL);
	json_put_hex(j, "pc", f->pc);
	json_put_hex(j, "stack", f->at);
	stacks_find(b->stacks, f->at, &stack);
	json_put_string(j, "on", stack_name(stack.kind));
	json_put_bool(j, "exception", f->has_regs);
	json_put_bool(j, "certain", !f->uncertain);
	if (bt_shows_regs(b, task, index)) {
		json_name(j, "registers");
		bt_json_regs(j, &f->regs);
	}
	if (f->has_regs) {
		unsigned len;

		if (inspect_instruction(b->c, f->regs.r[PT_IP], false, text, &len, NULL) < 0)
			text[0] = '\0';
		string_or_null(j, "instruction", text);
	}
	if (b->o.lines) {
		if (b->c->lines)
			(void)b->c->lines->at(b->c->lines->user, f->pc - f->is_call, line,
					      sizeof(line));
		string_or_null(j, "line", line);
		inlined(b, f->pc - f->is_call);
	}
	if (b->o.data)
		data(b, index);
	json_object_end(j);
}

void bt_json(struct bt *b, const struct task *task, const char *fault)
{
	const struct trace *t = &b->trace;
	struct json *j = &b->json;

	json_object(j);
	json_task_line(j, task);
	json_put_string(j, "fault", fault);
	json_put_string(j, "end",
			fault		? NULL
			: t->unexpected ? "unexpected"
					: unwind_end_name(t->end));
	json_put_string(j, "lost", !fault && t->why[0] ? t->why : NULL);
	json_put_array(j, "frames");
	for (size_t i = 0; !fault && i < t->count; i++)
		frame(b, task, i);
	json_array_end(j);
	if (!fault && t->end == UNWIND_USER) {
		json_name(j, "user_registers");
		bt_json_regs(j, &t->user);
	}
}
