/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/orc.h"

#include "base/bytes.h"

#include "../test.h"

static struct orc_entry decode(bool wide, bool has_signal, bool renumbered, int16_t sp, int16_t bp,
			       uint16_t flags)
{
	const struct orc_layout layout = { wide, has_signal, renumbered };
	uint8_t bytes[6];

	le16_put(bytes, (uint16_t)sp);
	le16_put(bytes + 2, (uint16_t)bp);
	le16_put(bytes + 4, flags);
	return orc_decode(&layout, bytes);
}

static void expect(struct orc_entry e, enum orc_type type, enum orc_register sp,
		   enum orc_register bp)
{
	assert_int_equal(e.type, type);
	assert_int_equal(e.sp, sp);
	assert_int_equal(e.bp, bp);
}

/* orc_fp_entry, the kernel's own guess for code without an entry, as each layout has it. */
static void test_frame_pointer_entry(void **state)
{
	struct orc_entry e = decode(false, false, false, 16, -16, 0x0014);

	expect(e, ORC_CALL, ORC_BP, ORC_PREVIOUS_SP);
	assert_int_equal(e.sp_offset, 16);
	assert_int_equal(e.bp_offset, -16);
	expect(decode(true, true, false, 16, -16, 0x0214), ORC_CALL, ORC_BP, ORC_PREVIOUS_SP);
	expect(decode(true, true, true, 16, -16, 0x0284), ORC_CALL, ORC_BP, ORC_PREVIOUS_SP);
}

static void test_narrow_types(void **state)
{
	expect(decode(false, false, false, 8, 0, 0x0105), ORC_REGS, ORC_SP, ORC_UNDEFINED);
	expect(decode(false, false, false, 8, 0, 0x0205), ORC_REGS_PARTIAL, ORC_SP, ORC_UNDEFINED);
	expect(decode(false, false, false, 0, 0, 0x0000), ORC_NOTHING, ORC_UNDEFINED,
	       ORC_UNDEFINED);
	expect(decode(false, false, false, 0, 0, 0x0400), ORC_END, ORC_UNDEFINED, ORC_UNDEFINED);
	/* with a bit for signal frames the end is one further */
	expect(decode(false, true, false, 0, 0, 0x0400), ORC_NOTHING, ORC_UNDEFINED, ORC_UNDEFINED);
	expect(decode(false, true, false, 0, 0, 0x0800), ORC_END, ORC_UNDEFINED, ORC_UNDEFINED);
}

static void test_wide_types(void **state)
{
	expect(decode(true, true, true, 8, 0, 0x0a03), ORC_CALL, ORC_SP, ORC_UNDEFINED);
	expect(decode(true, true, true, 0, 0, 0x0100), ORC_END, ORC_UNDEFINED, ORC_UNDEFINED);
	expect(decode(true, true, true, 0, 0, 0x0b09), ORC_REGS, ORC_SP_INDIRECT, ORC_UNDEFINED);
	expect(decode(true, true, false, 0, 0, 0x0b08), ORC_REGS, ORC_BP_INDIRECT, ORC_UNDEFINED);
	/* numbers that no kernel writes */
	expect(decode(true, true, true, 0, 0, 0x07ff), ORC_NOTHING, ORC_UNDEFINED, ORC_UNDEFINED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame_pointer_entry),
		cmocka_unit_test(test_narrow_types),
		cmocka_unit_test(test_wide_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
