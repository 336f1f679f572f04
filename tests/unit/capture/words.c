/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The crashed kernel's last records, as they are kept to be told. */
#include "../test.h"

#include <string.h>

#include "capture/words.h"

static struct printk_record record(uint64_t seq, const char *text, size_t len)
{
	return (struct printk_record){
		.seq = seq,
		.ts_nsec = seq * 1000000,
		.has_caller = true,
		.caller_id = 0x80000001,
		.level = 3,
		.facility = 1,
		.numbered = true,
		.text = text,
		.text_len = len,
	};
}

static void one(void **state)
{
	struct printk_record rec = record(7, "a\0b", 3);
	struct encode_record got;
	struct words w = { 0 };

	(void)state;
	rec.subsystem = "pci\0\0garbage";
	rec.subsystem_size = 12;
	rec.device = "+pci";
	rec.device_size = 4;
	assert_int_equal(words_take(&w, &rec), 0);
	words_get(&w, 0, &got);
	assert_int_equal(got.seq, 7);
	assert_int_equal(got.time_us, 7000);
	assert_int_equal(got.priority, 11);
	assert_string_equal(got.caller, "C1");
	assert_int_equal(got.len, 3);
	assert_memory_equal(got.text, "a\0b", 4);
	assert_string_equal(got.subsystem, "pci");
	assert_string_equal(got.device, "+pci");
	rec.level = rec.facility = PRINTK_UNKNOWN;
	rec.has_caller = false;
	rec.subsystem = rec.device = NULL;
	assert_int_equal(words_take(&w, &rec), 0);
	words_get(&w, 1, &got);
	assert_int_equal(got.priority, 4);
	assert_string_equal(got.caller, "");
	assert_string_equal(got.device, "");
	rec.numbered = false;
	assert_int_equal(words_take(&w, &rec), 0);
	assert_int_equal(w.count, 2);
	assert_true(w.unnumbered);
	words_done(&w);
	assert_int_equal(w.bytes, 0);
}

/* The newest stay, by number and by size. */
static void bounds(void **state)
{
	static char text[4000];
	struct encode_record got;
	struct words w = { 0 };

	(void)state;
	for (uint64_t i = 0; i < 3 * WORDS_MAX; i++) {
		struct printk_record rec = record(i, "x", 1);

		assert_int_equal(words_take(&w, &rec), 0);
	}
	assert_int_equal(w.count, WORDS_MAX);
	words_get(&w, 0, &got);
	assert_int_equal(got.seq, 2 * WORDS_MAX);
	for (uint64_t i = 0; i < 100; i++) {
		struct printk_record rec = record(5000 + i, text, sizeof(text));

		assert_int_equal(words_take(&w, &rec), 0);
		assert_true(w.bytes <= WORDS_BYTES);
	}
	words_get(&w, w.count - 1, &got);
	assert_int_equal(got.seq, 5099);
	assert_true(w.count > 60 && w.count < 70);
	words_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one),
		cmocka_unit_test(bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
