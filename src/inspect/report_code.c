/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections: the code where it stopped, and the registers. */
#include <inttypes.h>
#include <string.h>

#include "inspect/disassemble.h"
#include "inspect/report_impl.h"

/* As many as the kernel's own "Code:" line has. */
#define CODE_BEFORE 43
#define CODE_AFTER 21

#define LINES_BEFORE 7
#define LINES_AFTER 4
#define FUNCTION_MAX KIB(64)

struct code {
	uint64_t ip, start;
	uint8_t bytes[CODE_BEFORE + CODE_AFTER];
	size_t count;
};

/* What can be read of it: a function may begin a mapped page. */
static bool read_code(struct report *r, uint64_t ip, struct code *ret)
{
	static const unsigned before[] = { CODE_BEFORE, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(before); i++) {
		ret->ip = ip;
		ret->start = ip - before[i];
		ret->count = before[i] + CODE_AFTER;
		if (ip >= before[i] &&
		    kernel_read(r->c->reader, ret->start, ret->bytes, ret->count, NULL) == 0)
			return true;
	}
	return false;
}

static void add_bytes(struct report *r, const struct code *code)
{
	char text[sizeof(code->bytes) * 5 + 1];
	size_t at = 0;

	for (size_t i = 0; i < code->count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at,
				       code->start + i == code->ip ? "%s<%02x>" : "%s%02x",
				       i ? " " : "", code->bytes[i]);
	document_text(r->doc, "bytes", NULL, text, at);
}

static const struct column instruction_columns[] = {
	{ "fault", NULL, COLUMN_BOOL, 0 },    { NULL, "", COLUMN_TEXT, 0 },
	{ "address", "", COLUMN_ADDRESS, 0 }, { "place", "", COLUMN_TEXT, 0 },
	{ "text", "", COLUMN_TEXT, 0 },
};

struct instruction_line {
	uint64_t addr;
	unsigned len;
	char text[INSTRUCTION_TEXT_SIZE];
};

static void add_instruction(struct report *r, const struct instruction_line *l, uint64_t ip)
{
	char place[INSPECT_NAME_SIZE];

	inspect_symbol_name(r->c, l->addr, place);
	document_row(r->doc, (const union cell[]){ { .yes = l->addr == ip },
						   { .text = l->addr == ip ? "=>" : "" },
						   { .n = l->addr },
						   { .text = place },
						   { .text = l->text } });
}

/*
 * Instructions have no fixed length: those before are known from the function's start on. A start whose instructions do not meet
 * the one that was stopped is no start.
 */
static void add_instructions(struct report *r, const struct named_frame *f)
{
	struct instruction_line *lines = calloc(LINES_BEFORE + 1, sizeof(*lines));
	uint64_t ip = f->frame->pc,
		 at = f->function && f->offset < FUNCTION_MAX ? ip - f->offset : ip;
	size_t count = 0, after = 0;

	for (; lines && after <= LINES_AFTER && !report_late(r); after += at > ip) {
		struct instruction_line *l = &lines[count % (LINES_BEFORE + 1)];

		l->addr = at;
		if (inspect_instruction(r->c, at, true, l->text, &l->len, NULL) < 0)
			break;
		at += l->len;
		count++;
		if (l->addr < ip && at > ip) {
			count = 0;
			at = ip;
		} else if (l->addr == ip) {
			for (size_t i = count - MIN(count, (size_t)LINES_BEFORE + 1); i < count;
			     i++)
				add_instruction(r, &lines[i % (LINES_BEFORE + 1)], ip);
		} else if (l->addr > ip) {
			add_instruction(r, l, ip);
		}
	}
	free(lines);
}

/* Without a stack: what the kernel wrote. */
static void add_logged_code(struct report *r)
{
	const struct oops *d = r->death;
	char place[REPORT_PLACE_SIZE];

	if (!d || !d->has_ip) {
		document_damage(r->doc, "without a stack nothing tells");
		return;
	}
	report_logged_place(d, place);
	document_fact(r->doc, "place", "At", "%s, as the log has it", place);
	if (d->code)
		document_text(r->doc, "bytes", NULL, d->code, strlen(d->code));
}

void report_code(struct report *r)
{
	const struct named_trace *n = r->subject->named;
	char place[REPORT_PLACE_SIZE];
	struct code code;

	if (!n || r->subject->error.code) {
		add_logged_code(r);
		return;
	}
	if (r->fault >= n->trace.count) {
		document_note(r->doc, "no code was stopped by a fault: the kernel called panic()");
		return;
	}
	report_place(&n->frames[r->fault], place);
	document_fact(r->doc, "place", "At", "%s", place);
	document_number(r->doc, "ip", "Address", COLUMN_ADDRESS, n->trace.frames[r->fault].pc);
	if (r->c->disassembler) {
		document_table(r->doc, "instructions", NULL, instruction_columns,
			       ARRAY_SIZE(instruction_columns));
		add_instructions(r, &n->frames[r->fault]);
	}
	if (read_code(r, n->trace.frames[r->fault].pc, &code))
		add_bytes(r, &code);
	else
		document_damage(r->doc, "the code there cannot be read");
}

static const struct {
	const char *name;
	uint8_t reg;
	bool asleep; /* known of a task that sleeps */
} registers[] = {
	{ "RIP", PT_IP, true },
	{ "RSP", PT_SP, true },
	{ "RFLAGS", PT_FLAGS, false },
	{ "RAX", PT_AX, false },
	{ "RBX", PT_BX, false },
	{ "RCX", PT_CX, false },
	{ "RDX", PT_DX, false },
	{ "RSI", PT_SI, false },
	{ "RDI", PT_DI, false },
	{ "RBP", PT_BP, true },
	{ "R8", PT_R8, false },
	{ "R9", PT_R9, false },
	{ "R10", PT_R10, false },
	{ "R11", PT_R11, false },
	{ "R12", PT_R12, false },
	{ "R13", PT_R13, false },
	{ "R14", PT_R14, false },
	{ "R15", PT_R15, false },
	{ "ORIG_RAX", PT_ORIG_AX, false },
	{ "CS", PT_CS, false },
	{ "SS", PT_SS, false },
};

/* What an address is, as far as names tell. */
static void points_to(struct report *r, uint64_t value, char ret[INSPECT_NAME_SIZE])
{
	const struct task *task = NULL;
	struct tasks *tasks;

	inspect_symbol_name(r->c, value, ret);
	if (ret[0] || inspect_tasks(r->c, &tasks, NULL) < 0)
		return;
	task = tasks_by_addr(tasks, value);
	if (task)
		snprintf(ret, INSPECT_NAME_SIZE, "task_struct of %s, pid %" PRIu32, task->comm,
			 task->pid);
	else if (r->subject->task && r->subject->task->stack &&
		 value - r->subject->task->stack < KIB(16))
		snprintf(ret, INSPECT_NAME_SIZE, "the task's stack");
}

static void add_logged_registers(struct report *r)
{
	static const struct column columns[] = {
		{ "name", "", COLUMN_TEXT, 0 },
		{ "value", "", COLUMN_ADDRESS, 0 },
	};
	const struct oops *d = r->death;

	if (!d || d->reg_count == 0)
		return;
	document_fact(r->doc, "of", "When", "as the log has it");
	document_table(r->doc, "registers", NULL, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < d->reg_count; i++)
		document_row(r->doc, (const union cell[]){ { .text = d->regs[i].name },
							   { .n = d->regs[i].value } });
}

static const char *registers_words(const struct report *r, const struct named_trace *n)
{
	if (!r->subject->task->current)
		return "it went to sleep; the others are not known";
	return r->fault < n->trace.count ? "the code above was stopped"
					 : "the kernel called panic(); they are of its own code";
}

void report_registers(struct report *r)
{
	static const struct column columns[] = {
		{ "name", "", COLUMN_TEXT, 0 },
		{ "value", "", COLUMN_ADDRESS, 0 },
		{ "points_to", "", COLUMN_TEXT, 0 },
	};
	const struct regs *regs = report_fault_registers(r);
	const struct named_trace *n = r->subject->named;
	char name[INSPECT_NAME_SIZE];

	if (!regs) {
		document_damage(r->doc, "%s", error_text(&r->subject->error));
		add_logged_registers(r);
		return;
	}
	document_fact(r->doc, "of", "When", "%s", registers_words(r, n));
	document_table(r->doc, "registers", NULL, columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
		uint64_t value = regs->r[registers[i].reg];

		if (!r->subject->task->current && !registers[i].asleep)
			continue;
		points_to(r, value, name);
		document_row(r->doc, (const union cell[]){ { .text = registers[i].name },
							   { .n = value },
							   { .text = name[0] ? name : NULL } });
	}
}
