/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "signature/signature.h"

#include <string.h>

#include "signature/pattern.h"

#include "../test.h"

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *text;
		bool begins, is;
	} cases[] = {
		{ "a", "a", true, true },
		{ "a", "ab", true, false },
		{ "a*", "ab", true, true },
		{ "*b", "aab", true, true },
		{ "*ab", "abab", true, true },
		{ "a*c*e", "abcde", true, true },
		{ "a*c*e", "abce f", true, false },
		{ "a*z", "abc", false, false },
		{ "*", "", true, true },
		{ "a*b", "a\nb", false, false },
		{ "a*\nb", "a x\nb", true, true },
		{ "abc", "ab", false, false },
	};
	struct pattern_group g[PATTERN_GROUPS];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(pattern_begins(cases[i].pattern, cases[i].text, NULL),
				 cases[i].begins);
		assert_int_equal(pattern_is(cases[i].pattern, cases[i].text), cases[i].is);
	}
	assert_true(pattern_begins("one * three *", "one two three four", g));
	assert_int_equal(g[0].len, 3);
	assert_memory_equal(g[0].start, "two", 3);
	assert_int_equal(g[1].len, 4);
}

static void test_plain_names(void **state)
{
	static const struct {
		const char *name, *plain;
	} cases[] = {
		{ "f", "f" },
		{ "__handle_sysrq.cold", "__handle_sysrq" },
		{ "f.isra.0", "f" },
		{ "f.constprop.0.isra.1", "f" },
		{ "f.llvm.123456", "f" },
		{ ".f.part.1", ".f" },
		{ "", "" },
		{ ".", "." },
	};
	char plain[SIGNATURE_NAME_SIZE], longer[2 * SIGNATURE_NAME_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		signature_plain_name(cases[i].name, plain);
		assert_string_equal(plain, cases[i].plain);
	}
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	signature_plain_name(longer, plain);
	assert_int_equal(strlen(plain), SIGNATURE_NAME_SIZE - 1);
}

static void test_skips(void **state)
{
	static const char *const skipped[] = {
		"panic",
		"_raw_spin_lock_irqsave",
		"memcpy_erms",
		"asm_exc_page_fault",
		"__mutex_lock.constprop.0",
		"schedule_timeout",
		"__x64_sys_write",
	};
	static const char *const named[] = {
		"sysrq_handle_crash", "stripe_handle",	 "up_the_hill", "crash_test",
		"vfs_write",	      "watchdogd_start", "strange",	"delayed_fput",
	};

	for (size_t i = 0; i < ARRAY_SIZE(skipped); i++)
		assert_true(signature_skips(skipped[i]));
	for (size_t i = 0; i < ARRAY_SIZE(named); i++)
		assert_false(signature_skips(named[i]));
}

/* Numbers that another machine would have otherwise are not in a title. */
static void test_general_titles(void **state)
{
	static const struct {
		const char *words, *title;
	} cases[] = {
		{ "Kernel panic - not syncing: lost 12 of 0x40 at ffffffff81234567",
		  "kernel panic: lost NUM of NUM at ADDR" },
		{ "Kernel panic - not syncing: i915 md5 a1 1a_b 0xffffffff81234567!",
		  "kernel panic: i915 md5 a1 1a_b ADDR!" },
		{ "Kernel panic - not syncing: bad call of foo+0x12/0x345 [m]",
		  "kernel panic: bad call of foo [m]" },
		{ "Kernel panic - not syncing: dead beef cafe", "kernel panic: dead beef cafe" },
		{ "Kernel panic - not syncing: CPU 3: x", "kernel panic: CPU NUM: x" },
		{ "Kernel panic - not syncing: ", "kernel panic:" },
		{ "nothing that we know", "kernel crash" },
		{ "", "kernel crash" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct signature_input in = { .words = cases[i].words };
		struct signature s;

		signature_make(&in, &s);
		assert_string_equal(s.title, cases[i].title);
		assert_string_equal(s.exact, "");
	}
}

/* The frames of the unwinder begin where the panic did: what its interrupt stopped is below. */
static void test_unwound_frames(void **state)
{
	static const struct signature_frame lockup[] = {
		{ .function = "panic" },
		{ .function = "watchdog_timer_fn" },
		{ .function = "__hrtimer_run_queues" },
		{ .function = "asm_sysvec_apic_timer_interrupt" },
		{ .function = "spin", .module = "m" },
		{ .function = "guess", .uncertain = true },
		{ .function = "work_item", .module = "m" },
		{ .function = "process_one_work" },
		{ .function = "worker_thread" },
	};
	static const struct signature_frame in_loop[] = {
		{ .function = "elsewhere", .module = "m" },
		{ .function = "work_item.isra.0", .module = "m" },
		{ .function = "process_one_work" },
	};
	struct signature_input in = { "Kernel panic - not syncing: softlockup: hung tasks", lockup,
				      ARRAY_SIZE(lockup) };
	struct signature s, other;

	signature_make(&in, &s);
	assert_string_equal(s.title, "BUG: soft lockup in work_item");
	assert_string_equal(s.module, "m");
	/* A loop is interrupted anywhere. */
	in = (struct signature_input){ "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]",
				       in_loop, ARRAY_SIZE(in_loop) };
	signature_make(&in, &other);
	assert_string_equal(other.title, s.title);
	assert_string_equal(other.hash, s.hash);
	assert_string_not_equal(other.exact, s.exact);
	/* Builds are told apart by the exact id alone. */
	struct signature_frame built = { .function = "f", .build_id = "01" };

	in = (struct signature_input){ "kernel BUG at a.c:1!", &built, 1 };
	signature_make(&in, &s);
	built.build_id = "02";
	signature_make(&in, &other);
	assert_string_equal(s.hash, other.hash);
	assert_string_not_equal(s.exact, other.exact);
}

static void test_nothing_known(void **state)
{
	struct signature_input in = { 0 };
	char hash[SIGNATURE_SATYR_SIZE];
	struct signature s;

	signature_make(&in, &s);
	assert_string_equal(s.kind, "unknown");
	assert_string_equal(s.hash, "");
	assert_string_equal(s.function, "");
	assert_false(signature_satyr(SATYR_ABRT, NULL, 0, hash));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patterns),       cmocka_unit_test(test_plain_names),
		cmocka_unit_test(test_skips),	       cmocka_unit_test(test_general_titles),
		cmocka_unit_test(test_unwound_frames), cmocka_unit_test(test_nothing_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
