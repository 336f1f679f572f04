/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/sys_more.h"

#include <errno.h>
#include <libdeflate.h>
#include <string.h>

#include "../test.h"

static const char text[] = "# Linux\nCONFIG_X86=y\n# CONFIG_M68K is not set\n";

/* A compressed text with `before` in front and other bytes behind. */
static size_t pack(const char *before, const char *what, size_t len, char *ret, size_t size)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t n = strlen(before);

	memcpy(ret, before, n);
	n += libdeflate_gzip_compress(c, what, len, ret + n, size - n - 8);
	memcpy(ret + n, "IKCFG_ED", 8);
	libdeflate_free_compressor(c);
	return n + 8;
}

static void test_unpack(void **state)
{
	static const char *const starts[] = { "", "IKCFG_ST" };
	char packed[1000];

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		_cleanup_free_ char *found = NULL;
		size_t size = pack(starts[i], text, sizeof(text) - 1, packed, sizeof(packed)), len;

		assert_int_equal(sys_config_unpack(packed, size, &found, &len, NULL), 0);
		assert_int_equal(len, sizeof(text) - 1);
		assert_memory_equal(found, text, len);
	}
}

static void test_damaged(void **state)
{
	char packed[1000], *found = NULL;
	size_t size = pack("", text, sizeof(text) - 1, packed, sizeof(packed)), len;

	for (size_t cut = 0; cut + 8 < size; cut++)
		assert_int_equal(sys_config_unpack(packed, cut, &found, &len, NULL), -EINVAL);
	packed[12] ^= 0x55;
	assert_int_equal(sys_config_unpack(packed, size, &found, &len, NULL), -EINVAL);
	assert_null(found);
}

/* What unpacks to more than any configuration is refused. */
static void test_huge(void **state)
{
	const size_t huge = MIB(16);
	_cleanup_free_ char *zeros = calloc(1, huge), *packed = malloc(MIB(1));
	char *found = NULL;
	size_t len, size;

	assert_non_null(zeros);
	assert_non_null(packed);
	size = pack("", zeros, huge, packed, MIB(1));
	assert_int_equal(sys_config_unpack(packed, size, &found, &len, NULL), -EINVAL);
	assert_null(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unpack),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
