/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/object.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/list.h"
#include "kernel/variable.h"
#include "typed.h"

#include "../test.h"

static struct typed machine;

static int open_machine(void **state)
{
	typed_init(&machine);
	return 0;
}

static int close_machine(void **state)
{
	typed_done(&machine);
	return 0;
}

static uint64_t number(const char *path)
{
	struct object task = typed_task(&machine);
	struct error e = { 0 };
	uint64_t n = 0;

	if (object_number(&machine.source, &task, path, &n, &e) < 0)
		fail_msg("%s: %s", path, error_text(&e));
	return n;
}

static int number_error(const char *path)
{
	struct object task = typed_task(&machine);
	uint64_t n = 1;
	int err = object_number(&machine.source, &task, path, &n, NULL);

	assert_int_equal(n, 1);
	return err;
}

static void test_paths(void **state)
{
	struct object task;
	char text[32];

	typed_open(&machine);
	task = typed_task(&machine);
	assert_int_equal(number("pid"), 0);
	assert_int_equal(number("state"), 'R');
	assert_int_equal(number("rest"), 9);
	assert_int_equal(number("usage"), 7); /* a struct of one number */
	assert_int_equal(number("row[2]"), (uint64_t)-2);
	assert_int_equal(number("tasks.next"), TYPED_TASK + TYPED_TASK_SIZE + 32);
	assert_int_equal(number("gone|tasks.next->next->prev|pid"),
			 TYPED_TASK + TYPED_TASK_SIZE + 32);
	assert_true(object_has(&task, "gone|parent->pid"));
	assert_false(object_has(&task, "gone|row[3]"));
	assert_int_equal(number_error("parent->pid"), -EFAULT);
	assert_int_equal(number_error("gone->pid"), -ENOENT);
	assert_int_equal(number_error("tasks"), -EINVAL);
	assert_int_equal(number_error("pid->pid"), -EINVAL);
	assert_int_equal(object_text(&machine.source, &task, "comm", text, sizeof(text), NULL), 0);
	assert_string_equal(text, "task0");
	assert_int_equal(object_text(&machine.source, &task, "name", text, 4, NULL), 0);
	assert_string_equal(text, "a n");
	assert_int_equal(
		object_text(&machine.source, &task, "parent->comm", text, sizeof(text), NULL),
		-EFAULT);
	assert_string_equal(text, "");
}

static void test_containers(void **state)
{
	struct object task, element, row;

	typed_open(&machine);
	assert_int_equal(object_container(&machine.source, number("tasks.next"), "task_struct",
					  "nodes|tasks", &task, NULL),
			 0);
	assert_int_equal(task.addr, TYPED_TASK + TYPED_TASK_SIZE);
	assert_int_equal(object_size(&task), TYPED_TASK_SIZE);
	assert_int_equal(object_follow(&machine.source, &task, "row", &row, NULL), 0);
	assert_true(object_element(&row, 2, &element));
	assert_int_equal(element.addr, row.addr + 16);
	assert_false(object_element(&task, 0, &element));
	assert_false(object_element(&row, UINT64_MAX / 2, &element));
}

static int count(void *user, uint64_t node)
{
	++*(unsigned *)user;
	return 0;
}

static int walk(uint64_t head, unsigned *ret)
{
	*ret = 0;
	return list_each(machine.source.reader, head, 0, count, ret, NULL);
}

static void test_lists(void **state)
{
	unsigned n;

	/* a circle of two that the head is not in; a list that ends nowhere */
	le64_put(typed_at(&machine, TYPED_NODES), TYPED_NODES + 16);
	le64_put(typed_at(&machine, TYPED_NODES + 16), TYPED_NODES + 32);
	le64_put(typed_at(&machine, TYPED_NODES + 32), TYPED_NODES + 16);
	le64_put(typed_at(&machine, TYPED_NODES + 48), 0xffff800000000000);
	le64_put(typed_at(&machine, TYPED_NODES + 64), TYPED_NODES + 64);
	typed_open(&machine);
	assert_int_equal(walk(TYPED_TASK + 32, &n), 0);
	assert_int_equal(n, TYPED_TASKS - 1);
	assert_int_equal(walk(TYPED_NODES, &n), -ELOOP);
	assert_true(n < 16);
	assert_true(walk(TYPED_NODES + 48, &n) < 0);
	assert_int_equal(n, 1);
	assert_int_equal(walk(TYPED_NODES + 64, &n), 0);
	assert_int_equal(n, 0);
}

static bool parses(const char *text, uint64_t size)
{
	const char *end;
	struct type type;
	uint64_t found;

	return types_parse(machine.source.types, text, 3, &type, &end) && !*end &&
	       btf_size(type.btf, type.id, &found) && found == size;
}

static void test_type_names(void **state)
{
	struct type type, again;
	const char *end;

	typed_open(&machine);
	assert_true(parses("struct task_struct", TYPED_TASK_SIZE));
	assert_true(parses(" const struct task_struct * const *", 8));
	assert_true(parses("unsigned long", 8));
	assert_true(parses("long unsigned int", 8));
	assert_true(parses("enum colour[2][]", 4 * 2 * 3));
	assert_true(parses("int[BLUE]", 16));
	assert_true(parses("int[NOBODY]", 12));
	assert_false(parses("int[-1]", 4));
	assert_false(parses("int[99999999999]", 4));
	assert_false(parses("task_struct", TYPED_TASK_SIZE));
	assert_false(parses("struct nobody *", 8));
	assert_false(parses("long long long", 8));
	assert_false(parses("loop", 4));
	assert_true(types_parse(machine.source.types, "int *x", 0, &type, &end));
	assert_string_equal(end, "x");
	/* each is made once */
	assert_true(types_parse(machine.source.types, "int*", 0, &again, &end));
	assert_ptr_equal(type.btf, again.btf);
	assert_int_equal(type.id, again.id);
}

static enum variable_proof check(const char *name, struct object at, char *words)
{
	return variable_check(&machine.source, NULL, name, &at, words);
}

static void test_proofs(void **state)
{
	struct object task, list;
	char words[VARIABLE_WORDS_SIZE];

	strcpy(typed_at(&machine, TYPED_TASK + TYPED_TASK_SIZE + 16), "swapper/0");
	le64_put(typed_at(&machine, TYPED_NODES), TYPED_TASK + 32);
	le64_put(typed_at(&machine, TYPED_NODES + 8), TYPED_TASK + 32);
	typed_open(&machine);
	task = typed_task(&machine);
	assert_int_equal(check("init_task", task, words), VARIABLE_DOUBTED);
	assert_string_equal(words, "comm is \"task0\", not \"swapper\"");
	task.addr += TYPED_TASK_SIZE;
	assert_int_equal(check("init_task", task, words), VARIABLE_VERIFIED);
	assert_int_equal(object_follow(&machine.source, &task, "tasks", &list, NULL), 0);
	assert_int_equal(check("modules", list, words), VARIABLE_VERIFIED);
	list.addr = TYPED_NODES;
	assert_int_equal(check("modules", list, words), VARIABLE_DOUBTED);
	task.addr = 0xffff800000000000;
	assert_int_equal(check("init_task", task, words), VARIABLE_DOUBTED);
}

static void test_table(void **state)
{
	for (size_t i = 1; i < variable_row_count; i++)
		if (strcmp(variable_rows[i - 1].name, variable_rows[i].name) > 0)
			fail_msg("%s is not in its place", variable_rows[i].name);
	typed_open(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_paths, open_machine, close_machine),
		cmocka_unit_test_setup_teardown(test_containers, open_machine, close_machine),
		cmocka_unit_test_setup_teardown(test_lists, open_machine, close_machine),
		cmocka_unit_test_setup_teardown(test_type_names, open_machine, close_machine),
		cmocka_unit_test_setup_teardown(test_proofs, open_machine, close_machine),
		cmocka_unit_test_setup_teardown(test_table, open_machine, close_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
