/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/bzimage.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#include "../test.h"

#define SIZE 8192

/* A header with 3 setup sectors and 4096 bytes of payload. */
static void make(uint8_t *p)
{
	memset(p, 0, SIZE);
	p[0x1f1] = 3;
	memcpy(p + 0x202, "HdrS", 4);
	le16_put(p + 0x206, 0x20f);
	p[0x211] = 1;
	le32_put(p + 0x230, 0x200000);
	p[0x234] = 1;
	le16_put(p + 0x236, 1);
	le32_put(p + 0x238, 2047);
	le32_put(p + 0x248, 0x100);
	le32_put(p + 0x24c, 4096);
	le32_put(p + 0x260, 63 << 20);
}

static void test_good(void **state)
{
	uint8_t p[SIZE];
	struct bzimage b;

	make(p);
	assert_int_equal(bzimage_parse(p, SIZE, &b, NULL), 0);
	assert_int_equal(b.init_size, MIB(63));
	assert_int_equal(b.cmdline_max, 2047);
	assert_int_equal(b.payload_size, 4096);
	assert_int_equal(b.file_size, SIZE);
}

static void test_every_length(void **state)
{
	uint8_t p[SIZE];
	struct bzimage b;

	make(p);
	/* Three sectors and the boot sector, the payload's offset and its length. */
	for (size_t len = 0; len < 2048 + 0x100 + 4096; len++)
		assert_int_equal(bzimage_parse(p, len, &b, NULL), -ENOEXEC);
	assert_int_equal(bzimage_parse(p, 2048 + 0x100 + 4096, &b, NULL), 0);
}

static void test_bad_fields(void **state)
{
	static const struct {
		size_t offset;
		uint32_t value;
		const char *words;
	} cases[] = {
		{ 0x202, 0, "no x86 kernel image" },	  { 0x206, 0x20b, "no 64-bit bzImage" },
		{ 0x234, 0x10000, "not relocatable" },	  { 0x248, 0xffffffff, "cut short" },
		{ 0x24c, 0xffffffff, "cut short" },	  { 0x260, 0, "which cannot be" },
		{ 0x260, 0xffffffff, "which cannot be" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error e = { 0 };
		struct bzimage b;
		uint8_t p[SIZE];

		make(p);
		le32_put(p + cases[i].offset, cases[i].value);
		assert_int_equal(bzimage_parse(p, SIZE, &b, &e), -ENOEXEC);
		assert_non_null(strstr(error_text(&e), cases[i].words));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_bad_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
