/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/disassemble.h"

#include <string.h>

#include "../test.h"

/* As GNU's disassembler writes them. */
static void test_as_gnu(void **state)
{
	static const struct {
		const char *bytes, *text;
		unsigned len;
		uint64_t target; /* 0: none */
	} cases[] = {
		{ "\xf3\x0f\x1e\xfa", "endbr64", 4, 0 },
		{ "\x55", "push   %rbp", 1, 0 },
		{ "\x48\x89\xe5", "mov    %rsp,%rbp", 3, 0 },
		{ "\x48\x83\xe4\xf0", "and    $0xfffffffffffffff0,%rsp", 4, 0 },
		{ "\x3c\xff", "cmp    $0xff,%al", 2, 0 },
		{ "\x48\x8b\x45\xf8", "mov    -0x8(%rbp),%rax", 4, 0 },
		{ "\xc7\x00\x05\x00\x00\x00", "movl   $0x5,(%rax)", 6, 0 },
		{ "\x0f\x1f\x44\x00\x00", "nopl   0x0(%rax,%rax,1)", 5, 0 },
		{ "\x66\x90", "xchg   %ax,%ax", 2, 0 },
		{ "\x66\x66\x66\x66\x90", "data16 data16 data16 xchg %ax,%ax", 5, 0 },
		{ "\x66\x66\x2e\x0f\x1f\x84\x00\x00\x00\x00\x00", "data16 cs nopw 0x0(%rax,%rax,1)",
		  11, 0 },
		{ "\xe8\x10\x00\x00\x00", "call   0x1015", 5, 0x1015 },
		{ "\x74\xfe", "je     0x1000", 2, 0x1000 },
		{ "\xff\xd0", "call   *%rax", 2, 0 },
		{ "\xff\x60\x10", "jmp    *0x10(%rax)", 3, 0 },
		{ "\x48\x8b\x05\x00\x01\x00\x00", "mov    0x100(%rip),%rax", 7, 0x1107 },
		{ "\x65\x48\x8b\x04\x25\x28\x00\x00\x00", "mov    %gs:0x28,%rax", 9, 0 },
		{ "\xf0\x0f\xb1\x13", "lock cmpxchg %edx,(%rbx)", 4, 0 },
		{ "\xf3\x48\xab", "rep stos %rax,%es:(%rdi)", 3, 0 },
		{ "\xa4", "movsb  %ds:(%rsi),%es:(%rdi)", 1, 0 },
		{ "\x48\xd1\xe8", "shr    $1,%rax", 3, 0 },
		{ "\x0f\xb6\xfa", "movzbl %dl,%edi", 3, 0 },
		{ "\xc3", "ret", 1, 0 },
		{ "\x0f\x0b", "ud2", 2, 0 },
	};
	_cleanup_(disassembler_close) struct inspect_disassembler d = { 0 };

	assert_int_equal(disassembler_open(&d, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct instruction ins;

		assert_true(d.decode(d.user, 0x1000, (const uint8_t *)cases[i].bytes, cases[i].len,
				     &ins));
		assert_string_equal(ins.text, cases[i].text);
		assert_int_equal(ins.len, cases[i].len);
		assert_int_equal(ins.has_target ? ins.target : 0, cases[i].target);
	}
}

static void test_no_instruction(void **state)
{
	_cleanup_(disassembler_close) struct inspect_disassembler d = { 0 };
	struct instruction ins;

	assert_int_equal(disassembler_open(&d, NULL), 0);
	assert_false(d.decode(d.user, 0, (const uint8_t *)"\x06", 1, &ins));
	/* Cut in the middle. */
	assert_false(d.decode(d.user, 0, (const uint8_t *)"\xe8\x10", 2, &ins));
	assert_false(d.decode(d.user, 0, (const uint8_t *)"", 0, &ins));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_gnu),
		cmocka_unit_test(test_no_instruction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
