/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/vmemmap.h"

#include "base/bytes.h"
#include "machine.h"

/* One page holds the struct pages of so many pages. */
#define DESCRIBED 64
#define STRUCTS_PFN (STRUCTS / 4096)

/* The page that holds pfn's struct page. */
static uint64_t struct_pfn(uint64_t pfn)
{
	return STRUCTS_PFN + (pfn - FIRST) / DESCRIBED;
}

/* All of the machine's pages. */
static void keep_all(struct bitmap *kept)
{
	assert_int_equal(bitmap_init(kept, LAST + 1), 0);
	bitmap_set_range(kept, FIRST, LAST - FIRST + 1);
}

static uint64_t clear(struct machine *m, struct bitmap *kept)
{
	uint64_t n = UINT64_MAX, before = bitmap_count(kept, 0, kept->bits);

	assert_int_equal(vmemmap_clear(&m->select, kept, &n, NULL), 0);
	assert_int_equal(bitmap_count(kept, 0, kept->bits), before - n);
	return n;
}

/* Only what describes nothing but pages that are left out. */
static void test_left_out(void **state)
{
	_cleanup_bitmap_ struct bitmap kept = { 0 };
	struct machine m;

	machine_init(&m);
	machine_open(&m);
	keep_all(&kept);
	assert_int_equal(clear(&m, &kept), 0);
	bitmap_clear_range(&kept, 4096, DESCRIBED);
	bitmap_clear_range(&kept, 4096 + 2 * DESCRIBED, DESCRIBED - 1);
	bitmap_clear_range(&kept, 4096 + 4 * DESCRIBED + 1, DESCRIBED);
	bitmap_clear_range(&kept, LAST + 1 - 2 * DESCRIBED, 2 * DESCRIBED);
	assert_int_equal(clear(&m, &kept), 3);
	assert_false(bitmap_get(&kept, struct_pfn(4096)));
	assert_true(bitmap_get(&kept, struct_pfn(4096 + DESCRIBED)));
	assert_true(bitmap_get(&kept, struct_pfn(4096 + 2 * DESCRIBED)));
	assert_true(bitmap_get(&kept, struct_pfn(4096 + 4 * DESCRIBED)));
	assert_true(bitmap_get(&kept, struct_pfn(4096 + 5 * DESCRIBED)));
	assert_false(bitmap_get(&kept, struct_pfn(LAST)));
	/* Nothing is counted twice. */
	assert_int_equal(clear(&m, &kept), 0);
	machine_done(&m);
}

/* One page of struct pages stands for many (HVO): it goes only where all that it stands for goes. */
static void test_shared(void **state)
{
	_cleanup_bitmap_ struct bitmap kept = { 0 };
	struct machine m;
	uint64_t first = 4096, second = 4096 + 3 * DESCRIBED;

	machine_init(&m);
	le64_put(fake_entry(&m.fake, VMEMMAP + second * 64, 1),
		 le64_get(fake_entry(&m.fake, VMEMMAP + first * 64, 1)));
	machine_open(&m);
	keep_all(&kept);
	bitmap_clear_range(&kept, first, DESCRIBED);
	assert_int_equal(clear(&m, &kept), 0);
	bitmap_clear_range(&kept, first, DESCRIBED);
	bitmap_clear_range(&kept, second, DESCRIBED);
	assert_int_equal(clear(&m, &kept), 1);
	assert_false(bitmap_get(&kept, struct_pfn(first)));
	assert_true(bitmap_get(&kept, struct_pfn(second)));
	machine_done(&m);
}

/* Memory that the dump does not have may be anything: a device's, or what was lost. */
static void test_absent(void **state)
{
	_cleanup_bitmap_ struct bitmap kept = { 0 };
	uint64_t root = FAKE_PADDR + 0x11000, beyond = LAST + 1;
	struct machine m;

	machine_init(&m);
	/* The section behind the last one: its root, and its four pages of struct pages. */
	le64_put(fake_at(&m.fake, FAKE_PADDR + 0x10000) + 3 * 8, FAKE_DIRECT + root + 0x1000);
	le64_put(fake_at(&m.fake, root + 0x1000) + 8, VMEMMAP | PRESENT | HAS_MEM_MAP | 4 | 8);
	for (uint64_t at = 0; at < KIB(16); at += KIB(4))
		fake_map(&m.fake, VMEMMAP + beyond * 64 + at, STRUCTS + KIB(128) + at, 12);
	machine_open(&m);
	keep_all(&kept);
	assert_int_equal(clear(&m, &kept), 0);
	assert_true(bitmap_get(&kept, struct_pfn(beyond)));
	machine_done(&m);
}

/* Struct pages that are not mapped are nobody's. */
static void test_unmapped(void **state)
{
	_cleanup_bitmap_ struct bitmap kept = { 0 };
	uint64_t gone = 4096 + DESCRIBED;
	struct machine m;

	machine_init(&m);
	le64_put(fake_entry(&m.fake, VMEMMAP + gone * 64, 1), 0);
	machine_open(&m);
	keep_all(&kept);
	bitmap_clear_range(&kept, 4096, 2 * DESCRIBED);
	assert_int_equal(clear(&m, &kept), 1);
	assert_false(bitmap_get(&kept, struct_pfn(4096)));
	assert_true(bitmap_get(&kept, struct_pfn(gone)));
	machine_done(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_unmapped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
