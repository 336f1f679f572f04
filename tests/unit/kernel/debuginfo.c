/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program that is tested with is its own vmlinux: where it was loaded is what KASLR added. */
#include "kernel/debuginfo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "kernel/type_print.h"
#include "kernel/vmcoreinfo.h"
#include "typed.h"

#include "../test.h"

extern const char __executable_start[];

/* Types that the made-up machine's BTF does not have, but for list_head. */
struct found_elsewhere {
	int number;
	unsigned low : 3, high : 9;
	struct list_head {
		struct list_head *next, *prev;
	} list;
	union {
		struct found_elsewhere *self;
		unsigned long address;
	};
	const char *(*call)(int first, long second);
	short table[2][5];
	enum found_colour { FOUND_RED = -1, FOUND_BLUE = 7 } colour;
};

extern struct found_elsewhere found_variable[3];
struct found_elsewhere found_variable[3];

static struct typed machine;

static struct vmcoreinfo *make_info(const char *more)
{
	struct vmcoreinfo *v = NULL;
	char text[300];

	snprintf(text, sizeof(text), "OSRELEASE=1\nKERNELOFFSET=%lx\n%s",
		 (unsigned long)__executable_start, more);
	assert_int_equal(vmcoreinfo_parse(text, strlen(text), &v, NULL), 0);
	return v;
}

static struct debuginfo *open_self(void)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *v = make_info("");
	struct debuginfo *d = NULL;
	struct error e = { 0 };

	if (debuginfo_open("/proc/self/exe", v, &d, &e) < 0)
		fail_msg("%s", error_text(&e));
	return d;
}

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

static inline __attribute__((always_inline)) void *inner(void)
{
	/* the address of this very place */
	return ({
		void *here;
		__asm__ volatile("lea 0(%%rip), %0" : "=r"(here));
		here;
	});
}

static __attribute__((noinline)) void *outer(void)
{
	return inner();
}

static void test_places(void **state)
{
	_cleanup_(debuginfo_freep) struct debuginfo *d = open_self();
	struct debuginfo_place place;
	/* the address is that of the next instruction */
	uint64_t here = (uintptr_t)outer() - 1;

	assert_true(debuginfo_place(d, here, 0, &place));
	assert_string_equal(place.function, "inner");
	assert_non_null(strstr(place.file, "debuginfo.c"));
	assert_true(debuginfo_place(d, here, 1, &place));
	assert_string_equal(place.function, "outer");
	assert_false(debuginfo_place(d, here, 2, &place));
	assert_false(debuginfo_place(d, 8, 0, &place));
}

static void test_types(void **state)
{
	_cleanup_(debuginfo_freep) struct debuginfo *d = open_self();
	const struct type_style style = { .offsets = true };
	_cleanup_buf_ struct buf out = { 0 };
	struct types *types = machine.source.types;
	struct type type, again, own;

	types_set_more(types, &debuginfo_types, d);
	assert_false(types_find_kinds(types, "found_elsewhere", BTF_STRUCTS, &type));
	assert_true(types_find_anywhere(types, "found_elsewhere", BTF_BIT(BTF_STRUCT), &type));
	assert_true(types_find_anywhere(types, "found_elsewhere", BTF_BIT(BTF_STRUCT), &again));
	assert_ptr_equal(type.btf, again.btf);
	assert_int_equal(type_print(type, NULL, &style, &out), 0);
	assert_string_equal(out.data, "struct found_elsewhere {\n"
				      "   [0] int number;\n"
				      "   [4] unsigned int low : 3;\n"
				      "   [4] unsigned int high : 9;\n"
				      "   [8] struct list_head list;\n"
				      "       union {\n"
				      "  [24]     struct found_elsewhere *self;\n"
				      "  [24]     unsigned long address;\n"
				      "       };\n"
				      "  [32] const char *(*call)(int, long);\n"
				      "  [40] short table[2][5];\n"
				      "  [60] enum found_colour colour;\n"
				      "}\nSIZE: 64\n");
	/* what the kernel has is taken from there */
	assert_true(types_find_kinds(types, "list_head", BTF_BIT(BTF_STRUCT), &own));
	assert_true(types_find_anywhere(types, "list_head", BTF_BIT(BTF_STRUCT), &again));
	assert_ptr_equal(own.btf, again.btf);
	assert_false(types_find_anywhere(types, "found_nowhere", BTF_STRUCTS, &type));
	out.len = 0;
	assert_true(types_variable_elsewhere(types, "found_variable", &type));
	assert_int_equal(type_declare(type, "v", &out), 0);
	assert_string_equal(out.data, "struct found_elsewhere v[3]");
	assert_false(types_variable_elsewhere(types, "found_nowhere", &type));
	types_set_more(types, NULL, NULL);
}

static void test_refused(void **state)
{
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *other = make_info("BUILD-ID=00ff00ff\n");
	_cleanup_(vmcoreinfo_freep) struct vmcoreinfo *plain = make_info("");
	struct debuginfo *d = NULL;
	struct error e = { 0 };

	assert_int_equal(debuginfo_open("/proc/self/exe", other, &d, &e), -ESTALE);
	assert_non_null(strstr(e.text, "of another kernel"));
	assert_int_equal(debuginfo_open("/proc/self/cmdline", plain, &d, &e), -EINVAL);
	assert_int_equal(debuginfo_open("/nowhere", plain, &d, &e), -ENOENT);
	assert_null(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test_setup_teardown(test_types, open_machine, close_machine),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
