/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/kernel.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#include "../test.h"
#include "fake.h"

#define FREE_VADDR UINT64_C(0xffffc90000000000)

/* A dump and what reads it. */
struct opened {
	struct dumpfile *dump;
	struct kernel *kernel;
	struct kernel_reader *reader;
	struct error error;
	int err;
};

static void open_fake(struct fake *f, struct opened *ret)
{
	*ret = (struct opened){ 0 };
	ret->err = fake_open(f, &ret->dump, &ret->kernel, &ret->error);
	if (ret->err == 0)
		assert_int_equal(kernel_reader_new(ret->kernel, &ret->reader), 0);
}

static void opened_done(struct opened *o)
{
	kernel_reader_free(o->reader);
	kernel_close(o->kernel);
	dumpfile_close(o->dump);
}

#define _cleanup_opened_ _cleanup_(opened_done)

static void expect_at(struct opened *o, uint64_t vaddr, uint64_t paddr, uint64_t contiguous)
{
	uint64_t got, len;

	/* Twice: by walk, then remembered. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kernel_translate(o->reader, vaddr, &got, &len, NULL), 0);
		assert_true(got == paddr);
		assert_true(len == contiguous);
	}
}

static void expect_fault(struct opened *o, uint64_t vaddr)
{
	uint64_t got, len;

	assert_int_equal(kernel_translate(o->reader, vaddr, &got, &len, NULL), -EFAULT);
}

static void test_leaves_of_each_size(void **state)
{
	static const uint64_t masks[] = { 0, UINT64_C(1) << 47, UINT64_C(1) << 51 };

	for (unsigned levels = 4; levels <= 5; levels++)
		for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
			_cleanup_fake_ struct fake f;
			_cleanup_opened_ struct opened o;
			const uint64_t page = FAKE_PADDR + MIB(6);

			fake_init(&f, levels, masks[i]);
			fake_map(&f, FREE_VADDR, page, 12);
			fake_map(&f, FREE_VADDR + 4096, page + 8192, 12);
			fake_map(&f, FREE_VADDR + MIB(2), FAKE_PADDR + MIB(4), 21);
			fake_map(&f, FREE_VADDR + GIB(1), GIB(1), 30);
			open_fake(&f, &o);
			assert_int_equal(o.err, 0);
			assert_null(kernel_doubts(o.kernel));
			assert_string_equal(kernel_release(o.kernel), "6.1.0-test");
			expect_at(&o, FREE_VADDR + 5, page + 5, 4096 - 5);
			expect_at(&o, FREE_VADDR + 4096, page + 8192, 4096);
			expect_at(&o, FREE_VADDR + MIB(3), FAKE_PADDR + MIB(5), MIB(1));
			expect_at(&o, FREE_VADDR + GIB(1) + 7, GIB(1) + 7, GIB(1) - 7);
			expect_fault(&o, FREE_VADDR + 8192);
			expect_fault(&o, 0x1000);
			expect_fault(&o, UINT64_C(0x0000880000000000));
			expect_fault(&o, UINT64_C(0x8000000000000000));
		}
}

static void test_reads_across_pages(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_opened_ struct opened o;
	const uint64_t page = FAKE_PADDR + MIB(6);
	const void *lent;
	char bytes[16];
	size_t len;

	fake_init(&f, 4, 0);
	fake_map(&f, FREE_VADDR, page, 12);
	fake_map(&f, FREE_VADDR + 4096, page + 8192, 12);
	memcpy(fake_at(&f, page + 4096 - 8), "at the e", 8);
	memcpy(fake_at(&f, page + 8192), "nd, on..", 8);
	open_fake(&f, &o);
	assert_int_equal(kernel_read(o.reader, FREE_VADDR + 4096 - 8, bytes, 16, NULL), 0);
	assert_memory_equal(bytes, "at the end, on..", 16);
	assert_int_equal(kernel_borrow(o.reader, FREE_VADDR + 4096 - 8, 100, &lent, &len, NULL), 0);
	assert_int_equal(len, 8);
	assert_memory_equal(lent, "at the e", 8);
	assert_int_equal(kernel_read(o.reader, FREE_VADDR + 8190, bytes, 16, &o.error), -EFAULT);
	assert_int_equal(kernel_read(o.reader, UINT64_MAX - 3, bytes, 16, NULL), -EFAULT);
}

static void test_entries_no_kernel_writes(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_opened_ struct opened o;

	fake_init(&f, 4, 0);
	/* A 2 MiB leaf that is not aligned; a leaf where only tables can be; a table that contains itself. */
	fake_map(&f, FREE_VADDR, FAKE_PADDR + MIB(2), 21);
	le64_put(fake_entry(&f, FREE_VADDR, 2), (FAKE_PADDR + 0x4000) | 0x81);
	le64_put(fake_entry(&f, FAKE_DIRECT, 4), GIB(1) | 0x81);
	le64_put(fake_entry(&f, UINT64_C(0xffff900000000000), 4), FAKE_TABLES | 1);
	/* A table where there is no memory. */
	le64_put(fake_entry(&f, UINT64_C(0xffffa00000000000), 4), 0xff000001);
	open_fake(&f, &o);
	assert_int_equal(o.err, 0);
	expect_fault(&o, FREE_VADDR);
	expect_fault(&o, FAKE_DIRECT);
	assert_true(kernel_translate(o.reader, UINT64_C(0xffff900000000000), &(uint64_t){ 0 },
				     &(uint64_t){ 0 }, NULL) < 0);
	assert_int_equal(kernel_translate(o.reader, UINT64_C(0xffffa00000000000), &(uint64_t){ 0 },
					  &(uint64_t){ 0 }, &o.error),
			 -ENXIO);
	assert_non_null(strstr(error_text(&o.error), "page table"));
}

/* vmcoreinfo's word for the number of levels or for phys_base is tried first, not believed. */
static void test_other_layouts_are_tried(void **state)
{
	_cleanup_fake_ struct fake five, base, none;
	_cleanup_opened_ struct opened o, p, q;

	fake_init(&five, 5, 0);
	fake_info(&five, "NUMBER(pgtable_l5_enabled)=0\n");
	open_fake(&five, &o);
	assert_int_equal(o.err, 0);
	assert_null(kernel_doubts(o.kernel));

	fake_init(&base, 4, 0);
	fake_info(&base, "NUMBER(phys_base)=4096\n");
	base.vaddr = FAKE_IMAGE;
	open_fake(&base, &p);
	assert_int_equal(p.err, 0);
	assert_null(kernel_doubts(p.kernel));
	expect_at(&p, FAKE_UTS, FAKE_PADDR + 0x1000, MIB(2) - 0x1000);

	fake_init(&none, 4, 0);
	fake_info(&none, "NUMBER(phys_base)=4096\n");
	open_fake(&none, &q);
	assert_true(q.err < 0);
	assert_null(q.kernel);
}

static void test_release_must_match(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_opened_ struct opened o;

	fake_init(&f, 4, 0);
	fake_info(&f, "OSRELEASE=6.1.0-other\n");
	open_fake(&f, &o);
	assert_int_equal(o.err, -EINVAL);
	assert_non_null(strstr(error_text(&o.error), "6.1.0-other"));
	assert_non_null(strstr(error_text(&o.error), "fake"));
}

/* uts_namespace began with a reference count until 5.10, which has no offset in vmcoreinfo. */
static void test_release_is_searched(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_opened_ struct opened o;
	char *uts;

	fake_init(&f, 4, 0);
	uts = fake_at(&f, FAKE_PADDR + 0x1000);
	memmove(uts + 4, uts, 195);
	memset(uts, 7, 4);
	fake_info(&f, "OFFSET(uts_namespace.name)=none\n");
	open_fake(&f, &o);
	assert_int_equal(o.err, 0);
	assert_null(kernel_doubts(o.kernel));
}

static void test_image_without_page_tables(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_opened_ struct opened o;
	char bytes[6];

	fake_init(&f, 4, 0);
	memset(fake_at(&f, FAKE_TABLES), 0, 4096);
	open_fake(&f, &o);
	assert_int_equal(o.err, 0);
	assert_non_null(kernel_doubts(o.kernel));
	assert_int_equal(kernel_read(o.reader, FAKE_UTS, bytes, 6, NULL), 0);
	assert_memory_equal(bytes, "Linux", 6);
	/* The container knows the direct map. */
	assert_int_equal(kernel_read(o.reader, FAKE_DIRECT + FAKE_PADDR + 0x1000, bytes, 6, NULL),
			 0);
	assert_memory_equal(bytes, "Linux", 6);
	expect_fault(&o, FREE_VADDR);
}

/* Nothing but vmcoreinfo is left: it opens, and says that nothing was proved. */
static void test_all_memory_lost(void **state)
{
	_cleanup_fake_ struct fake f, g;
	_cleanup_opened_ struct opened o, p;
	char bytes[6];

	fake_init(&f, 4, 0);
	f.cut = true;
	open_fake(&f, &o);
	assert_int_equal(o.err, 0);
	assert_non_null(strstr(kernel_doubts(o.kernel), "could not be proved"));
	assert_string_equal(kernel_release(o.kernel), "6.1.0-test");
	assert_int_equal(kernel_read(o.reader, FAKE_UTS, bytes, 6, NULL), -EIO);

	fake_init(&g, 4, 0);
	g.cut = g.no_note = true;
	open_fake(&g, &p);
	assert_int_equal(p.err, -ENOENT);
}

static void test_vmcoreinfo_is_found_in_memory(void **state)
{
	for (int form = 0; form < 2; form++) {
		_cleanup_fake_ struct fake f, g;
		_cleanup_opened_ struct opened o, p;
		char *page;

		/* The text that fake_open() would give, and an older kernel's before it. */
		fake_init(&g, 4, 0);
		open_fake(&g, &p);
		fake_init(&f, 4, 0);
		strcpy(fake_at(&f, FAKE_PADDR + MIB(5)), "OSRELEASE=5.0\nSYMBOL(_stext)=1\n");
		page = fake_at(&f, FAKE_PADDR + MIB(6));
		if (form)
			memcpy(page + 12, "VMCOREINFO", 11);
		strcpy(page + (form ? 24 : 0), g.info);
		f.no_note = true;
		open_fake(&f, &o);
		assert_int_equal(o.err, 0);
		assert_string_equal(kernel_release(o.kernel), "6.1.0-test");
	}
}

static void test_no_vmcoreinfo(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_opened_ struct opened o;

	fake_init(&f, 4, 0);
	f.no_note = true;
	open_fake(&f, &o);
	assert_int_equal(o.err, -ENOENT);
	assert_non_null(strstr(error_text(&o.error), "no vmcoreinfo"));
}

static void test_another_architecture(void **state)
{
	_cleanup_fake_ struct fake f;
	_cleanup_opened_ struct opened o;

	fake_init(&f, 4, 0);
	f.machine = EM_AARCH64;
	open_fake(&f, &o);
	assert_int_equal(o.err, -EOPNOTSUPP);
}

/* Whatever the tables hold, opening ends, and so does every look-up. */
static void test_random_tables(void **state)
{
	uint64_t seed = 1;

	for (int round = 0; round < 40; round++) {
		_cleanup_fake_ struct fake f;
		_cleanup_opened_ struct opened o;
		uint64_t paddr, len;

		fake_init(&f, 4, 0);
		fake_map(&f, FREE_VADDR, FAKE_PADDR + MIB(6), 12);
		for (int i = 0; i < 200; i++) {
			uint64_t to = FAKE_TABLES + (seed >> 40) % 0x8000 / 8 * 8;

			/* Half of them lead back into the tables. */
			seed = seed * 6364136223846793005 + 1442695040888963407;
			le64_put(fake_at(&f, to),
				 i % 2 ? seed : (FAKE_TABLES + (seed >> 48) % 8 * 4096) | 1);
		}
		open_fake(&f, &o);
		if (o.err < 0)
			continue;
		for (int i = 0; i < 200; i++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			if (kernel_translate(o.reader, seed | 0xffff800000000000, &paddr, &len,
					     NULL) == 0)
				assert_true(len > 0 && len <= GIB(1));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_leaves_of_each_size),
		cmocka_unit_test(test_reads_across_pages),
		cmocka_unit_test(test_entries_no_kernel_writes),
		cmocka_unit_test(test_other_layouts_are_tried),
		cmocka_unit_test(test_release_must_match),
		cmocka_unit_test(test_release_is_searched),
		cmocka_unit_test(test_image_without_page_tables),
		cmocka_unit_test(test_all_memory_lost),
		cmocka_unit_test(test_vmcoreinfo_is_found_in_memory),
		cmocka_unit_test(test_no_vmcoreinfo),
		cmocka_unit_test(test_another_architecture),
		cmocka_unit_test(test_random_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
