/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/rehearse/story.h"

#include <stdlib.h>
#include <string.h>

#include "../test.h"

static void tell(struct story *s, const char *const lines[])
{
	usec_t now = 0;

	for (size_t i = 0; lines[i]; i++)
		(void)story_take(s, lines[i], now += USEC_PER_SEC);
}

static const char *const loaded[] = {
	"[    0.0] Linux version 6.1",
	"lastword-stage: 1.20 s: reserved 134217728 bytes",
	"lastword-stage: 1.30 s: the capture kernel is loaded; crashing",
	"[    1.4] Kernel panic - not syncing: sysrq triggered crash",
	"[    0.0] Linux version 6.1",
	NULL,
};

static const char *const whole[] = {
	"lastword: 3.20 s: lastword 0.1.0 in the capture kernel",
	"lastword: 3.50 s: 9 of 9 modules loaded",
	"lastword: 3.60 s: mounted /dev/vda (ext4), saving to /127.0.0.1-2026-11-21-03:14:00",
	"lastword: 3.70 s: vmcore-dmesg.txt saved, 40 KiB",
	"lastword: 4.00 s: report saved, made in 200 ms with 12000 KiB",
	"lastword: 9.25 s: vmcore saved, 41.2 MiB, level 31",
	"lastword: 9.30 s: manifest.json saved",
	"lastword: 9.40 s: unmounted /target",
	"lastword: 9.50 s: memory: total 77 MiB, lowest available 54 MiB, lowest free 50 MiB, "
	"worker peak 8 MiB",
	NULL,
};

static void reason_has(const struct story *s, const char *words)
{
	char reason[700];

	story_reason(s, true, "the machine ended", reason, sizeof(reason));
	if (!strstr(reason, words))
		fail_msg("'%s' does not say '%s'", reason, words);
}

static void test_whole(void **state)
{
	struct story s = { 0 };

	tell(&s, loaded);
	assert_int_equal(s.stage, STORY_CAPTURE);
	assert_int_equal(s.reserved, 134217728);
	tell(&s, whole);
	assert_true(story_is_whole(&s, true));
	assert_int_equal(s.uptime[STORY_DUMP], 9250000);
	assert_int_equal(s.lowest_available, MIB(54));
	assert_int_equal(s.worker_peak, MIB(8));
	assert_true(story_take(&s, "lastword: 9.60 s: reboot", 1));
	assert_int_equal(s.stage, STORY_ACTION);
	assert_string_equal(s.panic, "");
}

/* The crash can be faster than the console. */
static void test_last_words_are_lost(void **state)
{
	static const char *const lines[] = {
		"lastword-stage: 1.20 s: reserved 134217728 bytes",
		"[    1.4] Kernel panic - not syncing: sysrq triggered crash",
		"[    0.0] Linux version 6.1",
		NULL,
	};
	struct story s = { 0 };

	(void)state;
	tell(&s, lines);
	assert_int_equal(s.stage, STORY_CAPTURE);
	tell(&s, whole);
	assert_true(story_is_whole(&s, true));
}

static void test_each_line_counts(void **state)
{
	static const size_t needed[] = { 3, 4, 5, 7 };

	for (size_t n = 0; n < ARRAY_SIZE(needed); n++) {
		struct story s = { 0 };

		tell(&s, loaded);
		for (size_t i = 0; whole[i]; i++)
			if (i != needed[n])
				(void)story_take(&s, whole[i], 1);
		assert_false(story_is_whole(&s, true));
		reason_has(&s, "the machine ended");
	}
}

static void test_halt_is_the_end(void **state)
{
	struct story s = { 0 };

	tell(&s, loaded);
	assert_false(story_take(&s, "lastword: 9.60 s: halt", 1));
	s = (struct story){ 0 };
	tell(&s, loaded);
	assert_false(story_take(
		&s, "lastword: 9.60 s: a shell on the console; reboot follows its end", 1));
}

static void test_reasons(void **state)
{
	static const struct {
		const char *line, *reason;
	} cases[] = {
		{ "[ 2.0] Kernel panic - not syncing: No working init found.", "panics before" },
		{ "[ 2.0] Kernel panic - not syncing: System is deadlocked on memory",
		  "128 MiB is too small" },
		{ "[ 2.0] init invoked oom-killer: gfp_mask=0x1", "128 MiB is too small" },
		{ "[ 2.0] something", "too small a reservation (128 MiB), or a word" },
		{ "lastword: 9.0 s: target: no device with UUID 1 within 60 s",
		  "no device with UUID 1" },
		{ "lastword: 9.0 s: dump: vmcore: No space left on device", "No space left" },
		{ "lastword: 9.0 s: phase dump: the worker was killed because memory ran out; "
		  "reserve "
		  "more with crashkernel=",
		  "memory ran out in the reservation" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct story s = { 0 };

		tell(&s, loaded);
		(void)story_take(&s, cases[i].line, 1);
		assert_false(story_is_whole(&s, true));
		reason_has(&s, cases[i].reason);
	}
}

static void test_first_kernel_fails(void **state)
{
	struct story s = { 0 };

	(void)story_take(&s, "lastword-stage: 1.2 s: failed: load /capture/kernel: too large", 1);
	reason_has(&s, "too large");
	s = (struct story){ 0 };
	(void)story_take(&s, "[ 0.1] Kernel panic - not syncing: VFS", 1);
	reason_has(&s, "VFS");
	s = (struct story){ 0 };
	reason_has(&s, "does not start in QEMU");
}

/* What only looks like ours, or is too long. */
static void test_strange_lines(void **state)
{
	static const char *const lines[] = {
		"lastword: s: reboot",	    "lastword: nan s: reboot", "lastword: -1 s: reboot",
		"lastword: 1e99 s: reboot", "lastword: 1.0 s:",	       "",
	};
	char *longest = malloc(100001);
	struct story s = { 0 };

	tell(&s, loaded);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		assert_true(story_take(&s, lines[i], 1));
	assert_int_equal(s.stage, STORY_CAPTURE);
	memset(longest, 'x', 100000);
	longest[100000] = '\0';
	assert_true(story_take(&s, longest, 1));
	memcpy(longest, "lastword: 1.0 s: target: ", 25);
	assert_true(story_take(&s, longest, 1));
	assert_true(strlen(s.failure) < STORY_WORDS);
	free(longest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_last_words_are_lost),
		cmocka_unit_test(test_each_line_counts),
		cmocka_unit_test(test_halt_is_the_end),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_first_kernel_fails),
		cmocka_unit_test(test_strange_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
