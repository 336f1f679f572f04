/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/expression.h"

#include <errno.h>
#include <string.h>

#include "kernel/type_print.h"
#include "kernel/type_value.h"
#include "typed.h"

#include "../test.h"

static struct typed machine;

static int open_machine(void **state)
{
	typed_init(&machine);
	typed_open(&machine);
	return 0;
}

static int close_machine(void **state)
{
	typed_done(&machine);
	return 0;
}

/* `task` is the first one. */
static int resolve(void *user, const char *name, struct value *ret, struct error *e)
{
	struct object o = typed_task(&machine);

	if (strcmp(name, "task") != 0)
		return error_set(e, -ENOENT, "%s: nobody", name);
	*ret = (struct value){ .type = o.type, .in_memory = true, .addr = o.addr };
	return 0;
}

static const struct expression_source *source(void)
{
	static struct expression_source s;

	s = (struct expression_source){ machine.source, resolve, NULL };
	return &s;
}

static void gives(const char *text, uint64_t wanted)
{
	struct error e = { 0 };
	struct value v;
	uint64_t n = 0;

	if (expression_evaluate(source(), text, &v, &e) < 0 ||
	    value_number(source(), &v, &n, &e) < 0)
		fail_msg("%s: %s", text, error_text(&e));
	if (n != wanted)
		fail_msg("%s: %lld, not %lld", text, (long long)n, (long long)wanted);
}

static void fails(const char *text)
{
	struct error e = { 0 };
	struct value v;

	if (expression_evaluate(source(), text, &v, &e) == 0)
		fail_msg("%s: no error", text);
	assert_true(e.text[0]);
}

static void test_arithmetic(void **state)
{
	gives("1 + 2 * 3", 7);
	gives("(1+2)*3", 9);
	gives("7/2", 3);
	gives("-7 / 2", (uint64_t)-3);
	gives("-7 % 4", (uint64_t)-3);
	gives("10-3-2", 5);
	gives("1 << 4 | 3 ^ 1", 18);
	gives("5 & 3 == 3", 1);
	gives("1 < 2 && !0 || 0", 1);
	gives("~0", (uint64_t)-1);
	gives("0xffffffff + 1", 0); /* an unsigned int, as in C */
	gives("4294967295 + 1", 4294967296);
	gives("2147483647 + 1", (uint64_t)INT32_MIN);
	gives("0x8000000000000000 / -1", 0);
	gives("-1 < 0", 1);
	gives("-1 < 0u", 1);
	gives("'A' + 1", 66);
	gives("(unsigned char)0x141", 0x41);
	gives("(char)255", (uint64_t)-1);
	gives("sizeof(struct task_struct)", TYPED_TASK_SIZE);
	gives("sizeof task.row / sizeof(long)", 3);
	gives("1 << 70", 0);
	gives("017", 15);
}

static void test_memory(void **state)
{
	gives("task.pid", 0);
	gives("(&task + 1)->pid", 1);
	gives("(&task)[2].pid", 2);
	gives("*(int *)&task", 0);
	gives("&task", TYPED_TASK);
	gives("&task.tasks", TYPED_TASK + 32);
	gives("&(&task)[3] - &task", 3);
	gives("task.row[2]", (uint64_t)-2);
	gives("*(task.row + 1)", (uint64_t)-1);
	gives("task.row", TYPED_TASK + 72);
	gives("(*task.tasks.next).prev", TYPED_TASK + 32);
	gives("task.tasks.next->next->prev", TYPED_TASK + TYPED_TASK_SIZE + 32);
	gives("((struct task_struct *)0xffffffff83003060)->pid", 1);
	gives("((struct task_struct *)0xffffffff83003060)->parent->comm[4]", '0');
	gives("task.rest", 9);
	gives("&((struct task_struct *)0)->usage", 56);
	gives("(*task.row@2)[1]", (uint64_t)-1);
}

static void test_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		" ",
		"1 +",
		"(1",
		"1)",
		"nobody",
		"task.nobody",
		"task->",
		"1.x",
		"task + 1x",
		"1 / 0",
		"1 % 0",
		"*1",
		"&1",
		"&task.rest",
		"task.parent->pid",
		"(struct nobody *)1",
		"99999999999999999999",
		"(struct task_struct)1",
		"task[0]",
		"&task + &task",
		"x(1)",
		"task.row@0",
		"task.row@-1",
		"1@2",
		"*(void *)1",
		"sizeof",
		"''",
		"-",
		"task task",
		"*(loop *)&task",
		"$1",
	};
	char deep[1000];

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct value v;
		uint64_t n;

		if (strcmp(wrong[i], "task.parent->pid") != 0 &&
		    strcmp(wrong[i], "*(loop *)&task") != 0) {
			fails(wrong[i]);
			continue;
		}
		/* places are not looked at before their value is asked for */
		assert_true(expression_evaluate(source(), wrong[i], &v, NULL) < 0 ||
			    value_number(source(), &v, &n, NULL) < 0);
	}
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	fails(deep);
	memset(deep, '*', sizeof(deep) - 1);
	fails(deep);
}

static void shows(const char *text, const char *wanted)
{
	struct type_source s = { .reader = machine.source.reader };
	_cleanup_buf_ struct buf out = { 0 };
	struct type_member m;
	struct value v;

	assert_int_equal(expression_evaluate(source(), text, &v, NULL), 0);
	assert_true(type_member_find(v.type, "", &m));
	m.bit_offset = v.bit_offset;
	m.bit_size = v.bit_size;
	assert_int_equal(type_value(&s, &m, v.addr, &out, NULL), 0);
	assert_string_equal(out.data, wanted);
}

static void test_values(void **state)
{
	shows("task.comm", "\"task0\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\"");
	shows("task.state", "82 'R'");
	shows("task.row", "{0, -1, -2}");
	shows("(&task)[0].colour", "0");
	shows("(&task)[2].colour", "GREEN");
	shows("(&task)[3].colour", "(RED | GREEN)");
	shows("task.usage", "{\n  counter = 7\n}");
	shows("task.name", "0xffffffff83004000 \"a name\"");
	shows("task.flag", "0");
	shows("task.parent", "0x0");
}

static void test_declarations(void **state)
{
	const struct type_style plain = { 0 }, offsets = { .offsets = true };
	_cleanup_buf_ struct buf out = { 0 };
	struct type type = typed_task(&machine).type;

	assert_int_equal(type_print(type, NULL, &offsets, &out), 0);
	assert_string_equal(out.data, "struct task_struct {\n"
				      "   [0] int pid;\n"
				      "   [4] unsigned char state;\n"
				      "   [8] unsigned int flag : 3;\n"
				      "   [8] unsigned int rest : 5;\n"
				      "  [16] char comm[16];\n"
				      "  [32] struct list_head tasks;\n"
				      "       union {\n"
				      "  [48]     struct task_struct *parent;\n"
				      "  [48]     unsigned long address;\n"
				      "       };\n"
				      "       struct {\n"
				      "           int counter;\n"
				      "  [56] } usage;\n"
				      "  [60] enum colour colour;\n"
				      "  [64] const char *name;\n"
				      "  [72] long row[3];\n"
				      "}\nSIZE: 96\n");
	out.len = 0;
	assert_int_equal(type_print(type, "address", &plain, &out), 0);
	assert_string_equal(out.data,
			    "struct task_struct {\n  [48]     unsigned long address;\n}\n");
	assert_int_equal(type_print(type, "nobody", &plain, &out), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_arithmetic, open_machine, close_machine),
		cmocka_unit_test_setup_teardown(test_memory, open_machine, close_machine),
		cmocka_unit_test_setup_teardown(test_refused, open_machine, close_machine),
		cmocka_unit_test_setup_teardown(test_values, open_machine, close_machine),
		cmocka_unit_test_setup_teardown(test_declarations, open_machine, close_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
