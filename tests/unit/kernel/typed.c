/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "typed.h"

#include <string.h>

#include "base/bytes.h"
#include "kernel/btf_make.h"

#include "../test.h"

#define BTF_AT (FAKE_IMAGE + 0x10000)

enum { INT = 1, UINT, LONG, ULONG, CHAR, BYTE, LIST, LIST_POINTER, COLOUR, TASK };

static uint32_t put_int(struct btf_maker *m, const char *name, uint32_t size, bool is_signed)
{
	uint32_t id = btf_make_type(m, name, BTF_INT, false, 0, size);

	btf_make_word(m, (uint32_t)is_signed << 24 | size * 8);
	return id;
}

static void put_member(struct btf_maker *m, const char *name, uint32_t type, uint32_t bit,
		       uint32_t bits)
{
	btf_make_word(m, btf_make_string(m, name));
	btf_make_word(m, type);
	btf_make_word(m, bits << 24 | bit);
}

static uint32_t put_array(struct btf_maker *m, uint32_t of, uint32_t count)
{
	uint32_t id = btf_make_type(m, "", BTF_ARRAY, false, 0, 0);

	btf_make_word(m, of);
	btf_make_word(m, INT);
	btf_make_word(m, count);
	return id;
}

static void put_colour(struct btf_maker *m)
{
	static const char *const names[] = { "RED", "GREEN", "BLUE" };

	btf_make_type(m, "colour", BTF_ENUM, false, ARRAY_SIZE(names), 4);
	for (uint32_t i = 0; i < ARRAY_SIZE(names); i++) {
		btf_make_word(m, btf_make_string(m, names[i]));
		btf_make_word(m, 1u << i);
	}
}

static void put_task(struct btf_maker *m)
{
	const uint32_t pointer = TASK + 1, comm = TASK + 2, parent = TASK + 3, usage = TASK + 4,
		       text = TASK + 6, row = TASK + 7;

	btf_make_type(m, "task_struct", BTF_STRUCT, true, 11, TYPED_TASK_SIZE);
	put_member(m, "pid", INT, 0, 0);
	put_member(m, "state", BYTE, 32, 0);
	put_member(m, "flag", UINT, 64, 3);
	put_member(m, "rest", UINT, 67, 5);
	put_member(m, "comm", comm, 128, 0);
	put_member(m, "tasks", LIST, 256, 0);
	put_member(m, "", parent, 384, 0);
	put_member(m, "usage", usage, 448, 0);
	put_member(m, "colour", COLOUR, 480, 0);
	put_member(m, "name", text, 512, 0);
	put_member(m, "row", row, 576, 0);
	btf_make_type(m, "", BTF_PTR, false, 0, TASK);
	put_array(m, CHAR, 16);
	btf_make_type(m, "", BTF_UNION, false, 2, 8);
	put_member(m, "parent", pointer, 0, 0);
	put_member(m, "address", ULONG, 0, 0);
	btf_make_type(m, "", BTF_STRUCT, false, 1, 4);
	put_member(m, "counter", INT, 0, 0);
	btf_make_type(m, "", BTF_CONST, false, 0, CHAR);
	btf_make_type(m, "", BTF_PTR, false, 0, text - 1);
	put_array(m, LONG, 3);
	btf_make_type(m, "loop", BTF_TYPEDEF, false, 0, row + 1);
}

static void put_types(struct typed *t)
{
	struct btf_maker m;
	size_t size = 0;
	void *data;

	btf_make_begin(&m, NULL);
	put_int(&m, "int", 4, true);
	put_int(&m, "unsigned int", 4, false);
	put_int(&m, "long int", 8, true);
	put_int(&m, "long unsigned int", 8, false);
	put_int(&m, "char", 1, true);
	put_int(&m, "unsigned char", 1, false);
	btf_make_type(&m, "list_head", BTF_STRUCT, false, 2, 16);
	put_member(&m, "next", LIST_POINTER, 0, 0);
	put_member(&m, "prev", LIST_POINTER, 64, 0);
	btf_make_type(&m, "", BTF_PTR, false, 0, LIST);
	put_colour(&m);
	put_task(&m);
	data = btf_make_bytes(&m, &size);
	assert_non_null(data);
	memcpy(typed_at(t, BTF_AT), data, size);
	free(data);
}

static void put_one(struct typed *t, uint32_t i)
{
	const uint64_t at = TYPED_TASK + (uint64_t)i * TYPED_TASK_SIZE;
	const uint32_t next = (i + 1) % TYPED_TASKS, previous = (i + TYPED_TASKS - 1) % TYPED_TASKS;
	char *task = typed_at(t, at);

	le32_put(task, i);
	task[4] = 'R';
	task[8] = (char)(i | 9 << 3); /* flag, rest */
	snprintf(task + 16, 16, "task%u", i);
	le64_put(task + 32, TYPED_TASK + (uint64_t)next * TYPED_TASK_SIZE + 32);
	le64_put(task + 40, TYPED_TASK + (uint64_t)previous * TYPED_TASK_SIZE + 32);
	le64_put(task + 48, i ? at - TYPED_TASK_SIZE : 0);
	le32_put(task + 56, 7);
	le32_put(task + 60, i);
	le64_put(task + 64, TYPED_NAME);
	for (uint32_t n = 0; n < 3; n++)
		le64_put(task + 72 + (size_t)n * 8, (uint64_t) - (int64_t)n);
}

char *typed_at(struct typed *t, uint64_t vaddr)
{
	return fake_at(&t->fake, FAKE_PADDR + (vaddr - FAKE_IMAGE));
}

void typed_init(struct typed *t)
{
	*t = (struct typed){ 0 };
	fake_init(&t->fake, 4, 0);
	put_types(t);
	strcpy(typed_at(t, TYPED_NAME), "a name");
	for (uint32_t i = 0; i < TYPED_TASKS; i++)
		put_one(t, i);
}

void typed_open(struct typed *t)
{
	struct error e = { 0 };

	if (fake_open(&t->fake, &t->dump, &t->kernel, &e) < 0)
		fail_msg("%s", error_text(&e));
	assert_int_equal(kernel_reader_new(t->kernel, &t->source.reader), 0);
	if (types_open(t->source.reader, NULL, &t->source.types, &e) < 0)
		fail_msg("%s", error_text(&e));
}

void typed_done(struct typed *t)
{
	types_free(t->source.types);
	kernel_reader_free(t->source.reader);
	kernel_close(t->kernel);
	dumpfile_close(t->dump);
	fake_done(&t->fake);
}

struct object typed_task(struct typed *t)
{
	struct object o = { 0 };

	assert_int_equal(object_at(&t->source, "task_struct", TYPED_TASK, &o, NULL), 0);
	return o;
}
