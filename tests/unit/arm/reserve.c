/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/kexec/reserve.h"

#include <errno.h>
#include <string.h>

#include "../test.h"

static const char iomem[] = "00000000-00000fff : Reserved\n"
			    "00001000-0009fbff : System RAM\n"
			    "00100000-3ffd6fff : System RAM\n"
			    "  11600000-12401d31 : Kernel code\n"
			    "  12600000-12ee6fff : Kernel rodata\n"
			    "  13000000-132489bf : Kernel data\n"
			    "  1390d000-149fffff : Kernel bss\n"
			    "  2a000000-2affffff : Crash kernel\n"
			    "  3a000000-3effffff : Crash kernel\n"
			    "fec00000-fec003ff : IOAPIC 0\n";

static void test_parse(void **state)
{
	struct reservation r;

	reservation_parse(iomem, &r);
	assert_int_equal(r.reserved, MIB(80));
	assert_int_equal(r.kernel_image, MIB(52));
	assert_int_equal(r.ram, 0x9ec00 + 0x3fed7000);
}

/* crashkernel=160M,high: the low part is larger, and nothing is loaded there. */
static void test_high(void **state)
{
	struct reservation r;

	reservation_parse("00100000-7fffffff : System RAM\n"
			  "  60000000-6fffffff : Crash kernel\n"
			  "100000000-1ffffffff : System RAM\n"
			  "  1f0000000-1f9ffffff : Crash kernel\n",
			  &r);
	assert_int_equal(r.reserved, MIB(160));
}

static void test_hostile(void **state)
{
	static const char *const texts[] = {
		"",
		"\n\n",
		"00000000-00000000 : Crash kernel\n",
		"ffffffffffffffff-0 : Crash kernel\n",
		"0-ffffffffffffffff : Crash kernel\n",
		"zz : Crash kernel",
		" : Crash kernel",
		"10-20 : Crash kernel x\n",
		"10-20 : Kernel coder\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct reservation r;

		reservation_parse(texts[i], &r);
		assert_int_equal(r.reserved, 0);
		assert_int_equal(r.kernel_image, 0);
	}
}

/* Debian's 6.1 with ext4 on virtio: 80 MiB were enough in a machine, 76 MiB were not. */
static const struct capture_sizes bookworm = { 66650112, 1568031, 4828160, 1, false, false };

static void test_needed(void **state)
{
	struct reservation r;
	uint64_t needed;

	reservation_parse(iomem, &r);
	needed = reservation_needed(&r, &bookworm);
	assert_true(needed >= MIB(80) && needed <= MIB(88));
	r.ram = GIB(1024);
	assert_int_equal(reservation_needed(&r, &bookworm), needed + MIB(64));
	r.ram = GIB(1);
	assert_true(reservation_needed(&r, &(struct capture_sizes){ 66650112, 1568031, 4828160, 3,
								    false, false }) >
		    reservation_needed(&r, &bookworm));
	assert_int_equal(reservation_needed(&r, &(struct capture_sizes){ 66650112, 1568031, 4828160,
									 1, false, true }),
			 reservation_needed(&r, &bookworm) + RESERVE_TELLS);
	/* A kernel that wants more to unpack itself than to run. */
	r = (struct reservation){ .kernel_image = MIB(30) };
	needed = reservation_needed(
		&r, &(struct capture_sizes){ MIB(100), MIB(1), MIB(3), 1, false, false });
	assert_int_equal(needed, MIB(109));
}

static void test_check(void **state)
{
	uint64_t needed;
	struct reservation r;
	struct error e = { 0 };

	reservation_parse(iomem, &r);
	needed = reservation_needed(&r, &bookworm);
	r.reserved = needed;
	assert_int_equal(reservation_check(&r, needed, &e), 0);
	r.reserved -= MIB(1);
	assert_int_equal(reservation_check(&r, needed, &e), -ENOSPC);
	assert_non_null(strstr(error_text(&e), "too small"));
	assert_non_null(strstr(error_text(&e), "crashkernel=88M"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),	cmocka_unit_test(test_high),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_needed),
		cmocka_unit_test(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
