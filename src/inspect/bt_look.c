/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands on a stack, whatever it means: addresses of code, saved registers, all words. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "inspect/bt.h"

#define WORD 8
/* Stacks are some 16 KiB; with KASAN 32 or 64. */
#define STACK_WORDS_MAX (MIB(1) / WORD)
/* arch/x86/include/asm/segment.h */
#define KERNEL_CS 0x10
#define KERNEL_DS 0x18
#define USER_CS 0x33
#define USER32_CS 0x23
#define USER_DS 0x2b
#define USER_END (UINT64_C(1) << 56)
#define STACK_END_MAGIC 0x57ac6e9d
/* What is left unmapped below a stack. */
#define GUARD 4096

/* The words of a stack, read once; a word that is not in the dump is 0. */
struct words {
	uint64_t start;
	size_t count;
	uint64_t *word;
	size_t missing;
};

static void words_done(struct words *w)
{
	free(w->word);
}
#define _cleanup_words_ _cleanup_(words_done)

static int read_words(struct bt *b, uint64_t start, uint64_t end, struct words *ret)
{
	struct words w = { .start = start };

	if (end <= start || (end - start) / WORD > STACK_WORDS_MAX)
		return -EINVAL;
	w.count = (end - start) / WORD;
	w.word = calloc(w.count, WORD);
	if (!w.word)
		return -ENOMEM;
	for (size_t i = 0; i < w.count; i++) {
		uint8_t bytes[WORD];

		if (kernel_read(b->c->reader, start + i * WORD, bytes, WORD, NULL) < 0)
			w.missing++;
		else
			w.word[i] = le64_get(bytes);
	}
	*ret = w;
	return 0;
}

/* ---- -t, -T: addresses of code ---- */

static void show_text(struct bt *b, uint64_t at, uint64_t pc)
{
	char name[INSPECT_NAME_SIZE];
	const char *module;

	if (!unwinder_is_code(b->unwinder, pc) ||
	    !bt_symbol_name(b, pc, b->o.offsets, name, &module))
		return;
	if (b->c->json) {
		json_object(&b->json);
		json_put_hex(&b->json, "stack", at);
		json_put_hex(&b->json, "pc", pc);
		json_put_string(&b->json, "symbol", name);
		json_object_end(&b->json);
	} else {
		fprintf(b->c->out, "  [%016" PRIx64 "] %s at %016" PRIx64 "%s\n", at, name, pc,
			module);
	}
}

static void look_for_text(struct bt *b, uint64_t start, uint64_t end)
{
	_cleanup_words_ struct words w = { 0 };

	if (read_words(b, start, end, &w) < 0)
		return;
	for (size_t i = 0; i < w.count; i++)
		show_text(b, start + i * WORD, w.word[i]);
}

/* From the first frame to the end of its stack, then of each stack that the frames go on. */
static void look_along(struct bt *b)
{
	struct stack before = { 0 }, stack;

	for (size_t i = 0; i < b->trace.count; i++) {
		const struct frame *f = &b->trace.frames[i];

		stacks_find(b->stacks, f->at, &stack);
		if (i > 0 && stack.start == before.start)
			continue;
		if (i > 0 && !b->c->json) {
			if (f->has_regs)
				bt_print_exception(b, &f->regs);
			fprintf(b->c->out, "--- <%s> ---\n", stack_name(before.kind));
		}
		if (!f->is_call)
			show_text(b, f->at, f->pc);
		look_for_text(b, align_up(f->at, WORD), stack.end);
		before = stack;
	}
}

static void look_text(struct bt *b, const struct task *task)
{
	char name[INSPECT_NAME_SIZE];

	if (b->o.all_text) {
		look_for_text(b, task->stack + WORD, task->stack + stacks_thread_size(b->stacks));
	} else {
		if (!b->c->json && b->trace.count > 0) {
			bt_frame_name(b, &b->trace.frames[0], false, name);
			fprintf(b->c->out, "              START: %s at %016" PRIx64 "\n", name,
				b->trace.frames[0].pc);
		}
		look_along(b);
	}
	if (b->trace.end == UNWIND_USER && !b->c->json)
		bt_print_regs(b->c->out, &b->trace.user);
}

/* ---- -e, -E: registers that an exception saved ---- */

static bool is_user_frame(const uint64_t *r)
{
	return (r[PT_CS] == USER_CS || r[PT_CS] == USER32_CS) && r[PT_SS] == USER_DS &&
	       r[PT_IP] < USER_END && r[PT_SP] < USER_END && r[PT_IP] != 0;
}

/* Bit 1 of the flags is always set, those above 31 never. */
static bool is_kernel_frame(struct bt *b, const uint64_t *r)
{
	return r[PT_CS] == KERNEL_CS && (r[PT_SS] == KERNEL_DS || r[PT_SS] == 0) &&
	       unwinder_is_code(b->unwinder, r[PT_IP]) && r[PT_SP] >> 47 == 0x1ffff;
}

static bool is_exception(struct bt *b, const uint64_t *r)
{
	return r[PT_FLAGS] & 2 && r[PT_FLAGS] >> 32 == 0 &&
	       (is_user_frame(r) || is_kernel_frame(b, r));
}

static void show_exception(struct bt *b, uint64_t at, const uint64_t *words)
{
	bool user = is_user_frame(words);
	struct regs regs;

	for (size_t i = 0; i < REGS; i++)
		regs.r[i] = words[i];
	if (b->c->json) {
		json_object(&b->json);
		json_put_hex(&b->json, "at", at);
		json_put_bool(&b->json, "user", user);
		json_name(&b->json, "registers");
		bt_json_regs(&b->json, &regs);
		json_object_end(&b->json);
		return;
	}
	fprintf(b->c->out, "\n  %s-MODE EXCEPTION FRAME AT: %016" PRIx64 "\n",
		user ? "USER" : "KERNEL", at);
	if (user)
		bt_print_regs(b->c->out, &regs);
	else
		bt_print_exception(b, &regs);
}

static bool look_for_exceptions(struct bt *b, uint64_t start, uint64_t end)
{
	_cleanup_words_ struct words w = { 0 };
	bool any = false;

	if (read_words(b, start, end, &w) < 0)
		return false;
	for (size_t i = 0; i + REGS <= w.count; i++)
		if (is_exception(b, &w.word[i])) {
			show_exception(b, start + i * WORD, &w.word[i]);
			any = true;
		}
	return any;
}

static void look_stack(struct bt *b, const struct stack *stack)
{
	static const char *const titles[STACK_KINDS] = {
		[STACK_IRQ] = "IRQ STACK",	     [STACK_DF] = "DOUBLEFAULT EXCEPTION STACK",
		[STACK_NMI] = "NMI EXCEPTION STACK", [STACK_DB] = "DEBUG EXCEPTION STACK",
		[STACK_MCE] = "MCE EXCEPTION STACK",
	};

	if (!titles[stack->kind])
		return;
	if (b->c->json) {
		json_object(&b->json);
		json_put_uint(&b->json, "cpu", stack->cpu);
		json_put_string(&b->json, "on", stack_name(stack->kind));
		json_put_array(&b->json, "exceptions");
		look_for_exceptions(b, stack->start, stack->end);
		json_array_end(&b->json);
		json_object_end(&b->json);
		return;
	}
	fprintf(b->c->out, "CPU %u %s:\n", stack->cpu, titles[stack->kind]);
	if (!look_for_exceptions(b, stack->start, stack->end))
		fprintf(b->c->out, "(none found)\n");
	fputc('\n', b->c->out);
}

int bt_look_cpus(struct bt *b, const bool *cpus, struct error *e)
{
	static const enum stack_kind kinds[] = { STACK_DF, STACK_NMI, STACK_DB, STACK_MCE };
	unsigned count = tasks_cpus(b->tasks);
	struct stack stack;

	for (unsigned cpu = 0; cpu < count; cpu++)
		if ((!cpus || cpus[cpu]) && stacks_of_cpu(b->stacks, cpu, STACK_IRQ, &stack))
			look_stack(b, &stack);
	for (unsigned cpu = 0; cpu < count; cpu++)
		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			if ((!cpus || cpus[cpu]) && stacks_of_cpu(b->stacks, cpu, kinds[i], &stack))
				look_stack(b, &stack);
	return 0;
}

/* ---- -r: all words ---- */

static void look_raw(struct bt *b, uint64_t start, uint64_t end)
{
	_cleanup_words_ struct words w = { 0 };

	if (read_words(b, start, end, &w) < 0)
		return;
	for (size_t i = 0; i < w.count; i++) {
		if (b->c->json) {
			json_hex(&b->json, w.word[i]);
			continue;
		}
		if (i % 2 == 0)
			fprintf(b->c->out, "%016" PRIx64 ":  ", start + i * WORD);
		bt_print_word(b, w.word[i], BT_SYMBOLS);
		if (i % 2 || i + 1 == w.count)
			fputc('\n', b->c->out);
	}
}

void bt_look(struct bt *b, const struct task *task, const char *fault)
{
	uint64_t start = task->stack, end = start + stacks_thread_size(b->stacks);
	const char *name = b->o.raw ? "words" : b->o.exceptions ? "exceptions" : "text";

	if (b->c->json) {
		json_object(&b->json);
		json_task_line(&b->json, task);
		json_put_string(&b->json, "fault", fault);
		json_put_array(&b->json, name);
	}
	if (start == 0 && !b->c->json)
		fprintf(b->c->out, "    (%s)\n", fault ? fault : "stack unknown");
	else if (b->o.raw)
		look_raw(b, start, end);
	else if (b->o.exceptions)
		look_for_exceptions(b, start, end);
	else if (fault && !b->o.all_text)
		fprintf(b->c->out, "    (%s)\n", fault);
	else
		look_text(b, task);
	if (b->c->json) {
		json_array_end(&b->json);
		json_object_end(&b->json);
	}
}

/* ---- -v ---- */

/* What is wrong with the stack of a task, in words; "" for nothing. */
static void find_overflow(struct bt *b, const struct task *task, char *ret, size_t size)
{
	struct regs regs;
	uint64_t magic;
	bool is_call;

	ret[0] = '\0';
	if (task->stack == 0 || inspect_number(b->c, task->stack, WORD, &magic, NULL) < 0)
		return;
	if (task->current && task_registers(b->tasks, task, &regs, &is_call, NULL) == 0 &&
	    task->stack - regs.r[PT_SP] <= GUARD)
		snprintf(ret, size,
			 "stack overflow: RSP %" PRIx64 " is below the stack at %" PRIx64,
			 regs.r[PT_SP], task->stack);
	else if (magic != STACK_END_MAGIC)
		snprintf(ret, size, "possible stack overflow: %" PRIx64 " != STACK_END_MAGIC",
			 magic);
	else if (!task->idle && task->cpu >= tasks_cpus(b->tasks) && tasks_cpus(b->tasks) > 0)
		snprintf(ret, size, "possible stack overflow: thread_info.cpu: %u >= %u", task->cpu,
			 tasks_cpus(b->tasks));
}

int bt_check_overflow(struct bt *b, struct error *e)
{
	const struct task *list;
	size_t count = tasks_list(b->tasks, &list);
	bool any = false;
	char text[120];

	for (size_t i = 0; i < count; i++) {
		find_overflow(b, &list[i], text, sizeof(text));
		if (!text[0])
			continue;
		any = true;
		if (b->c->json) {
			json_object(&b->json);
			json_task_line(&b->json, &list[i]);
			json_put_string(&b->json, "overflow", text);
			json_object_end(&b->json);
		} else {
			print_task_line(b->c->out, &list[i]);
			fprintf(b->c->out, "%s\n", text);
		}
	}
	if (!any && !b->c->json)
		fprintf(b->c->out, "No stack overflows detected\n");
	return 0;
}
