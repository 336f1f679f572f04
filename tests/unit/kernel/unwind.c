/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/unwind.h"

#include <errno.h>
#include <string.h>

#include "running.h"

#include "../test.h"

static void expect_frames(const struct trace *t, const uint64_t *pcs, size_t count)
{
	for (size_t i = 0; i < MIN(t->count, count); i++)
		if (t->frames[i].pc != pcs[i])
			fail_msg("frame %zu: %llx, not %llx", i,
				 (unsigned long long)t->frames[i].pc, (unsigned long long)pcs[i]);
	assert_int_equal(t->count, count);
}

#define EXPECT(t, ...)                                                                             \
	do {                                                                                       \
		const uint64_t pcs[] = { __VA_ARGS__ };                                            \
		expect_frames(t, pcs, ARRAY_SIZE(pcs));                                            \
	} while (0)

static uint64_t after(enum running_function f)
{
	return running_function(f) + RUNNING_CALL;
}

static uint64_t in(enum running_function f)
{
	return running_function(f) + RUNNING_CALL / 2;
}

static struct trace *trace_of(struct running *r, unsigned pid)
{
	struct trace *t = calloc(1, sizeof(*t));
	struct regs regs;
	bool is_call;

	assert_non_null(t);
	assert_int_equal(
		task_registers(r->tasks, tasks_by_pid(r->tasks, pid), &regs, &is_call, NULL), 0);
	unwind(r->unwinder, &regs, is_call, t);
	return t;
}

/* A CPU that was in a system call of task 2: the return address of what it calls is below the registers. */
static uint64_t in_system_call(struct running *r, enum running_function callee)
{
	uint64_t sp = running_top(r, 2);
	const struct regs user = running_user();

	running_push_regs(r, &sp, &user);
	running_push(r, &sp, running_call(r, F_ENTRY, callee));
	running_enter(&sp, callee);
	return sp;
}

static void test_sleeping_in_each_layout(void **state)
{
	for (enum running_orc orc = ORC_UNTIL_6_3; orc <= ORC_SINCE_7_1; orc++)
		for (unsigned reserve = 0; reserve <= 16; reserve += 16) {
			_cleanup_running_ struct running r = { .orc = orc, .reserve = reserve };
			_cleanup_free_ struct trace *t = NULL;

			running_init(&r);
			running_open(&r);
			assert_int_equal(stacks_reserve(r.stacks), reserve);
			t = trace_of(&r, 2);
			EXPECT(t, after(F_SCHEDULE_INNER), after(F_SCHEDULE), after(F_SLEEP),
			       after(F_ENTRY));
			assert_int_equal(t->end, UNWIND_USER);
			assert_false(t->unexpected);
			assert_int_equal(t->user.r[PT_IP], 0x1000 + PT_IP);
			assert_int_equal(t->user_at, running_top(&r, 2) - sizeof(struct regs));
			assert_false(t->frames[3].uncertain);
		}
}

/* The end is right where the registers of user space would be. */
static void test_thread_end(void **state)
{
	for (unsigned shift = 0; shift <= 8; shift += 8) {
		_cleanup_running_ struct running r = { 0 };
		_cleanup_free_ struct trace *t = NULL;
		uint64_t sp;

		running_init(&r);
		sp = running_top(&r, 1) - sizeof(struct regs) - shift;
		running_push(&r, &sp, running_call(&r, F_NEW, F_THREAD));
		running_enter(&sp, F_THREAD);
		running_push(&r, &sp, running_call(&r, F_THREAD, F_SCHEDULE));
		running_sleep(&r, 1, sp);
		running_open(&r);
		t = trace_of(&r, 1);
		EXPECT(t, after(F_SCHEDULE_INNER), after(F_SCHEDULE), after(F_THREAD),
		       after(F_NEW));
		assert_int_equal(t->end, UNWIND_CLEAN);
		assert_int_equal(t->unexpected, shift > 0);
	}
}

/* It will begin at the first instruction: the function before has nothing to do with it. */
static void test_never_ran(void **state)
{
	_cleanup_running_ struct running r = { 0 };
	_cleanup_free_ struct trace *t = NULL;
	uint64_t sp;

	running_init(&r);
	sp = running_top(&r, 1) - sizeof(struct regs);
	running_push(&r, &sp, running_function(F_NEW));
	sp -= 48;
	running_put(&r, RUNNING_TASK(1) + RUNNING_SP, sp);
	running_open(&r);
	t = trace_of(&r, 1);
	EXPECT(t, running_function(F_NEW));
	assert_int_equal(t->end, UNWIND_CLEAN);
	assert_false(t->unexpected);
}

/* The interrupted code is where it was, not where a call would have been; so is the first instruction of a function. */
static void test_exception_on_the_task_stack(void **state)
{
	_cleanup_running_ struct running r = { 0 };
	_cleanup_free_ struct trace *t = NULL;
	struct regs regs;
	uint64_t sp, saved;

	running_init(&r);
	sp = in_system_call(&r, F_SLEEP);
	regs = running_at(F_SLEEP, sp);
	regs.r[PT_IP] = running_function(F_SLEEP);
	regs.r[PT_BX] = 0x77;
	running_push_regs(&r, &sp, &regs);
	saved = sp;
	running_push(&r, &sp, running_call(&r, F_INTERRUPT, F_PANIC));
	running_enter(&sp, F_PANIC);
	regs = running_at(F_PANIC, sp);
	running_note(&r, 0, 2, &regs);
	running_open(&r);
	t = trace_of(&r, 2);
	EXPECT(t, in(F_PANIC), after(F_INTERRUPT), running_function(F_SLEEP), after(F_ENTRY));
	assert_true(t->frames[2].has_regs && !t->frames[2].is_call);
	assert_int_equal(t->frames[2].regs.r[PT_BX], 0x77);
	assert_int_equal(t->frames[2].regs_at, saved);
	assert_false(t->frames[0].has_regs);
	assert_int_equal(t->end, UNWIND_USER);
}

static void test_leaving_the_irq_stack(void **state)
{
	for (int old = 0; old < 2; old++) {
		_cleanup_running_ struct running r = { .old_switch = old };
		_cleanup_free_ struct trace *t = NULL;
		struct regs regs;
		struct stack stack;
		uint64_t sp, irq;

		running_init(&r);
		sp = in_system_call(&r, F_SLEEP);
		regs = running_at(F_SLEEP, sp);
		running_push_regs(&r, &sp, &regs);
		running_push(&r, &sp, running_call(&r, F_INTERRUPT, F_HANDLER));
		irq = running_irq_stack(1) + RUNNING_STACK;
		/* what is kept there leads to where the handler's return address is */
		running_push(&r, &irq, old ? sp + 8 : sp);
		running_push(&r, &irq, running_call(&r, F_HANDLER, F_PANIC));
		running_enter(&irq, F_PANIC);
		regs = running_at(F_PANIC, irq);
		running_note(&r, 1, 2, &regs);
		running_open(&r);
		stacks_find(r.stacks, irq, &stack);
		assert_int_equal(stack.kind, STACK_IRQ);
		assert_int_equal(stack.cpu, 1);
		t = trace_of(&r, 2);
		EXPECT(t, in(F_PANIC), after(F_HANDLER), after(F_INTERRUPT), in(F_SLEEP),
		       after(F_ENTRY));
		assert_int_equal(t->end, UNWIND_USER);
		assert_false(t->unexpected);
	}
}

static void test_nmi(void **state)
{
	_cleanup_running_ struct running r = { 0 };
	_cleanup_free_ struct trace *t = NULL;
	struct regs regs, found;
	struct stack stack;
	uint64_t sp;

	running_init(&r);
	regs = running_at(F_SLEEP, in_system_call(&r, F_SLEEP));
	running_note(&r, 0, 2, &regs);
	sp = running_nmi_stack(0) + KIB(8);
	running_push_regs(&r, &sp, &regs);
	running_push(&r, &sp, running_call(&r, F_NMI, F_STOP));
	running_enter(&sp, F_STOP);
	running_push(&r, &sp, running_call(&r, F_STOP, F_PANIC));
	running_open(&r);
	stacks_find(r.stacks, sp, &stack);
	assert_int_equal(stack.kind, STACK_NMI);
	assert_true(unwind_stopped(r.unwinder, 0, &regs, &found));
	t = calloc(1, sizeof(*t));
	unwind(r.unwinder, &found, true, t);
	EXPECT(t, after(F_STOP), after(F_NMI), in(F_SLEEP), after(F_ENTRY));
	assert_true(t->frames[2].has_regs);
	assert_int_equal(t->end, UNWIND_USER);
	/* frames that lead elsewhere are not those */
	regs.r[PT_SP] += 8;
	assert_false(unwind_stopped(r.unwinder, 0, &regs, &found));
	assert_false(unwind_stopped(r.unwinder, 1, &regs, &found));
}

static void test_function_that_orc_does_not_describe(void **state)
{
	_cleanup_running_ struct running r = { 0 };
	_cleanup_free_ struct trace *t = NULL;
	struct regs regs;
	uint64_t sp;

	running_init(&r);
	sp = in_system_call(&r, F_PANIC);
	running_push(&r, &sp, running_call(&r, F_PANIC, F_CRASH));
	running_enter(&sp, F_CRASH);
	regs = running_at(F_CRASH, sp);
	running_note(&r, 0, 2, &regs);
	running_open(&r);
	t = trace_of(&r, 2);
	EXPECT(t, in(F_CRASH), after(F_PANIC), after(F_ENTRY));
	assert_false(t->frames[1].uncertain);
	assert_int_equal(t->end, UNWIND_USER);
}

static void test_call_of_nowhere(void **state)
{
	for (unsigned i = 0; i < 2; i++) {
		_cleanup_running_ struct running r = { 0 };
		_cleanup_free_ struct trace *t = NULL;
		struct regs regs;
		uint64_t sp, nowhere = i ? UINT64_C(0x1234567) : 0;

		running_init(&r);
		sp = in_system_call(&r, F_SLEEP);
		running_push(&r, &sp, running_call(&r, F_SLEEP, F_SCHEDULE));
		regs = running_at(F_SLEEP, sp);
		regs.r[PT_IP] = nowhere;
		running_push_regs(&r, &sp, &regs);
		running_push(&r, &sp, running_call(&r, F_INTERRUPT, F_PANIC));
		running_enter(&sp, F_PANIC);
		regs = running_at(F_PANIC, sp);
		running_note(&r, 0, 2, &regs);
		running_open(&r);
		t = trace_of(&r, 2);
		EXPECT(t, in(F_PANIC), after(F_INTERRUPT), nowhere, after(F_SLEEP), after(F_ENTRY));
		assert_int_equal(t->end, UNWIND_USER);
		assert_string_equal(t->why, "");
	}
}

/* Behind the gap the tables lead to the stack's end again. */
static void test_gap(void **state)
{
	_cleanup_running_ struct running r = { 0 };
	_cleanup_free_ struct trace *t = NULL;
	struct regs regs;
	uint64_t sp;

	running_init(&r);
	sp = in_system_call(&r, F_SLEEP);
	running_push(&r, &sp, running_call(&r, F_SLEEP, F_UNKNOWN));
	running_enter(&sp, F_UNKNOWN);
	for (unsigned i = 0; i < 0x50; i += 8)
		running_put(&r, sp + i, 0);
	/* an address of code that leads nowhere is passed over */
	running_put(&r, sp + 8, running_call(&r, F_THREAD, F_PANIC));
	regs = running_at(F_UNKNOWN, sp);
	regs.r[PT_IP] = running_function(F_UNKNOWN) + 0x80;
	running_note(&r, 0, 2, &regs);
	/* nothing calls F_UNKNOWN by its address */
	running_call(&r, F_SLEEP, F_SCHEDULE);
	running_open(&r);
	t = trace_of(&r, 2);
	EXPECT(t, regs.r[PT_IP], after(F_SLEEP), after(F_ENTRY));
	assert_false(t->frames[0].uncertain);
	assert_true(t->frames[1].uncertain && t->frames[2].uncertain);
	assert_int_equal(t->end, UNWIND_USER);
	assert_non_null(strstr(t->why, "the tables say nothing"));
}

/* Nothing leads to the end: whatever looks like a return address is shown. */
static void test_scan(void **state)
{
	_cleanup_running_ struct running r = { 0 };
	_cleanup_free_ struct trace *t = NULL;
	struct regs regs;
	uint64_t sp;

	running_init(&r);
	sp = running_top(&r, 2) - 0x200;
	for (unsigned i = 0; i < 0x200; i += 8)
		running_put(&r, sp + i, 0);
	running_put(&r, sp + 0x40, running_call(&r, F_PANIC, F_CRASH));
	running_put(&r, sp + 0x48, running_function(F_PANIC)); /* behind no call */
	running_put(&r, sp + 0x80, running_call(&r, F_THREAD, F_PANIC));
	regs = running_at(F_UNKNOWN, sp);
	running_note(&r, 0, 2, &regs);
	running_open(&r);
	t = trace_of(&r, 2);
	EXPECT(t, in(F_UNKNOWN), after(F_PANIC), after(F_THREAD));
	assert_true(t->frames[1].uncertain);
	assert_int_equal(t->frames[1].at, sp + 0x40);
	assert_int_equal(t->end, UNWIND_LOST);
}

/* A chain of frame pointers that leads back down. */
static void test_loop(void **state)
{
	_cleanup_running_ struct running r = { 0 };
	_cleanup_free_ struct trace *t = NULL;
	struct regs regs;
	uint64_t sp;

	running_init(&r);
	sp = running_top(&r, 2) - 0x400;
	for (unsigned i = 0; i < 0x400; i += 8)
		running_put(&r, sp + i, 0);
	for (unsigned i = 0; i < 2; i++) {
		running_put(&r, sp + 0x40 + i * 0x40, sp + 0x40 + (1 - i) * 0x40);
		running_put(&r, sp + 0x48 + i * 0x40, running_call(&r, F_POINTER, F_POINTER));
	}
	regs = running_at(F_POINTER, sp);
	regs.r[PT_BP] = sp + 0x40;
	running_note(&r, 0, 2, &regs);
	running_open(&r);
	t = trace_of(&r, 2);
	assert_true(t->count < 10);
	assert_int_equal(t->end, UNWIND_LOST);
	assert_non_null(strstr(t->why, "leads back"));
}

/* Two probes of returns took the place of one return address; the list has one of another place before. */
static void test_traced_return(void **state)
{
	const uint64_t nodes = RUNNING_SIGNAL_OF(2) + 0x100, size = 48;
	_cleanup_running_ struct running r = { 0 };
	_cleanup_free_ struct trace *t = NULL;
	uint64_t slot, pc;

	running_init(&r);
	slot = running_top(&r, 2) - sizeof(struct regs) - 8;
	pc = running_get(&r, slot);
	running_put(&r, slot, running_function(F_TRAMPOLINE));
	running_put(&r, RUNNING_TASK(2) + RUNNING_RETHOOKS, nodes + 16);
	for (unsigned i = 0; i < 3; i++) {
		running_put(&r, nodes + i * size + 16, i < 2 ? nodes + (i + 1) * size + 16 : 0);
		running_put(&r, nodes + i * size + 40, i == 0 ? slot - 8 : slot);
		running_put(&r, nodes + i * size + 32,
			    i == 1   ? running_function(F_TRAMPOLINE)
			    : i == 2 ? pc
				     : 1);
	}
	running_open(&r);
	unwinder_set_task(r.unwinder, RUNNING_TASK(2));
	t = trace_of(&r, 2);
	EXPECT(t, after(F_SCHEDULE_INNER), after(F_SCHEDULE), after(F_SLEEP), after(F_ENTRY));
	assert_false(t->frames[3].uncertain);
	assert_int_equal(t->end, UNWIND_USER);
}

/* A kernel without ORC keeps frame pointers; one with its lowest bit set leads to saved registers. */
static void test_frame_pointers_alone(void **state)
{
	_cleanup_running_ struct running r = { .no_orc = true };
	_cleanup_free_ struct trace *t = NULL;
	const struct regs user = running_user();
	struct regs regs;
	uint64_t sp, bp;

	running_init(&r);
	sp = running_top(&r, 2);
	running_push_regs(&r, &sp, &user);
	bp = sp | 1;
	running_push(&r, &sp, running_call(&r, F_ENTRY, F_SLEEP));
	running_push(&r, &sp, bp);
	bp = sp;
	sp -= 0x30;
	running_push(&r, &sp, running_call(&r, F_SLEEP, F_SCHEDULE));
	running_push(&r, &sp, bp);
	regs = running_at(F_SCHEDULE, sp - 0x20);
	regs.r[PT_BP] = sp;
	running_note(&r, 0, 2, &regs);
	running_open(&r);
	t = trace_of(&r, 2);
	EXPECT(t, in(F_SCHEDULE), after(F_SLEEP), after(F_ENTRY));
	assert_true(t->frames[1].uncertain);
	assert_int_equal(t->end, UNWIND_USER);
	assert_false(t->unexpected);
}

static void test_missing_page(void **state)
{
	_cleanup_running_ struct running r = { 0 };
	_cleanup_free_ struct trace *t = NULL;
	struct regs regs;
	bool is_call;
	uint64_t sp;

	running_init(&r);
	/* two pages of stack: frames of the lower one are there */
	sp = running_top(&r, 2) - KIB(4) + 8;
	running_push(&r, &sp, running_call(&r, F_SLEEP, F_SCHEDULE));
	running_sleep(&r, 2, sp);
	running_lose(&r, running_top(&r, 2) - 8);
	running_lose(&r, running_stack(1) + RUNNING_STACK - KIB(4));
	running_open(&r);
	t = trace_of(&r, 2);
	EXPECT(t, after(F_SCHEDULE_INNER), after(F_SCHEDULE));
	assert_int_equal(t->end, UNWIND_LOST);
	assert_non_null(strstr(t->why, "cannot be read"));
	assert_true(task_registers(r.tasks, tasks_by_pid(r.tasks, 1), &regs, &is_call, NULL) < 0);
}

/* Without thread.sp the sleeping task is found by what it was about to do. */
static void test_asleep(void **state)
{
	_cleanup_running_ struct running r = { 0 };
	_cleanup_free_ struct trace *t = NULL;
	struct regs regs;
	uint64_t stale;

	running_init(&r);
	/* a word that an earlier sleep left, which leads nowhere */
	stale = running_stack(2) + KIB(8);
	running_put(&r, stale, running_call(&r, F_SCHEDULE_INNER, F_SWITCH));
	running_open(&r);
	assert_true(unwind_asleep(r.unwinder, running_stack(2), &regs));
	assert_true(regs.r[PT_SP] > stale + 8);
	assert_int_equal(regs.r[PT_BP], 0xbb00);
	t = calloc(1, sizeof(*t));
	unwind(r.unwinder, &regs, true, t);
	assert_int_equal(t->end, UNWIND_USER);
	assert_int_equal(t->count, 4);
	assert_false(unwind_asleep(r.unwinder, running_irq_stack(0), &regs));
}

static void test_stacks(void **state)
{
	_cleanup_running_ struct running r = { .reserve = 16 };
	struct stack stack;

	running_init(&r);
	running_open(&r);
	assert_int_equal(stacks_thread_size(r.stacks), RUNNING_STACK);
	assert_int_equal(stacks_reserve(r.stacks), 16);
	stacks_find(r.stacks, running_stack(3) + 100, &stack);
	assert_int_equal(stack.kind, STACK_TASK);
	assert_int_equal(stack.start, running_stack(3));
	assert_int_equal(stack.end, running_stack(3) + RUNNING_STACK);
	stacks_find(r.stacks, running_irq_stack(1), &stack);
	assert_int_equal(stack.kind, STACK_IRQ);
	assert_int_equal(stack.end, running_irq_stack(1) + RUNNING_STACK);
	stacks_find(r.stacks, running_irq_stack(1) - 1, &stack);
	assert_int_equal(stack.kind, STACK_TASK);
	stacks_find(r.stacks, running_entry_stack(0) + 8, &stack);
	assert_int_equal(stack.kind, STACK_ENTRY);
	assert_true(stacks_of_cpu(r.stacks, 1, STACK_NMI, &stack));
	assert_int_equal(stack.start, running_nmi_stack(1));
	assert_false(stacks_of_cpu(r.stacks, 1, STACK_MCE, &stack));
	assert_false(stacks_of_cpu(r.stacks, 2, STACK_IRQ, &stack));
	stacks_find(r.stacks, UINT64_MAX, &stack);
	assert_int_equal(stack.kind, STACK_TASK);
	stacks_find(r.stacks, 0, &stack);
	assert_int_equal(stack.start, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sleeping_in_each_layout),
		cmocka_unit_test(test_thread_end),
		cmocka_unit_test(test_never_ran),
		cmocka_unit_test(test_exception_on_the_task_stack),
		cmocka_unit_test(test_leaving_the_irq_stack),
		cmocka_unit_test(test_nmi),
		cmocka_unit_test(test_function_that_orc_does_not_describe),
		cmocka_unit_test(test_call_of_nowhere),
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_traced_return),
		cmocka_unit_test(test_frame_pointers_alone),
		cmocka_unit_test(test_missing_page),
		cmocka_unit_test(test_asleep),
		cmocka_unit_test(test_stacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
