/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arch/x86/include/asm/page_64_types.h: the image is mapped from START_KERNEL_MAP on, at phys_base; KASLR moves it
 * inside KERNEL_IMAGE_SIZE. Symbols in vmcoreinfo are already moved.
 */
#include "kernel/arch.h"

#include <elf.h>
#include <errno.h>

#define START_KERNEL_MAP 0xffffffff80000000
#define KERNEL_IMAGE_SIZE GIB(1)

/* Intel SDM volume 3, 5.5: bits of a table entry. */
#define ENTRY_PRESENT UINT64_C(1)
#define ENTRY_WRITE (UINT64_C(1) << 1)
#define ENTRY_HUGE (UINT64_C(1) << 7)
#define ENTRY_NO_EXECUTE (UINT64_C(1) << 63)
#define ENTRY_ADDRESS 0x000ffffffffff000
#define ENTRY_HUGE_PAT (UINT64_C(1) << 12)

#define INDEX_BITS 9
#define PAGE_SHIFT 12

static bool phys_base_from_vmcoreinfo(const struct vmcoreinfo *v, struct dumpfile *d, uint64_t *ret)
{
	int64_t n;

	if (!vmcoreinfo_number(v, "phys_base", &n))
		return false;
	*ret = n;
	return true;
}

static bool phys_base_from_header(const struct vmcoreinfo *v, struct dumpfile *d, uint64_t *ret)
{
	*ret = dumpfile_info(d)->phys_base;
	return *ret != 0;
}

static bool phys_base_from_ranges(const struct vmcoreinfo *v, struct dumpfile *d, uint64_t *ret)
{
	const struct dump_range *ranges;
	size_t count = dumpfile_ranges(d, &ranges);

	for (size_t i = 0; i < count; i++)
		if (ranges[i].vaddr != UINT64_MAX && ranges[i].vaddr >= START_KERNEL_MAP) {
			*ret = ranges[i].paddr - (ranges[i].vaddr - START_KERNEL_MAP);
			return true;
		}
	return false;
}

static bool (*const phys_bases[])(const struct vmcoreinfo *v, struct dumpfile *d, uint64_t *ret) = {
	phys_base_from_vmcoreinfo,
	phys_base_from_header,
	phys_base_from_ranges,
};

static bool find_root(const struct vmcoreinfo *v, uint64_t *ret)
{
	static const char *const names[] = { "init_top_pgt", "init_level4_pgt", "swapper_pg_dir" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (vmcoreinfo_symbol(v, names[i], ret))
			return true;
	return false;
}

/* An attempt is a source of phys_base and, last bit, a number of levels: first the one vmcoreinfo says. */
static int layout(const struct vmcoreinfo *v, struct dumpfile *d, unsigned attempt,
		  struct layout *ret, struct error *e)
{
	struct layout l = { .image = START_KERNEL_MAP,
			    .image_size = KERNEL_IMAGE_SIZE,
			    .page_shift = PAGE_SHIFT,
			    .index_bits = INDEX_BITS };
	uint64_t root, base;
	int64_t n;
	bool five;

	if (!find_root(v, &root))
		return error_set(e, -EINVAL, "vmcoreinfo does not say where the page tables are");
	if (root < START_KERNEL_MAP)
		return error_set(e, -EINVAL,
				 "vmcoreinfo has the page tables outside the kernel's image");

	if (attempt / 2 >= ARRAY_SIZE(phys_bases))
		return -ENOENT;
	if (!phys_bases[attempt / 2](v, d, &base))
		return -EAGAIN;
	five = vmcoreinfo_number(v, "pgtable_l5_enabled", &n) && n != 0;
	l.levels = five != (attempt % 2) ? 5 : 4;
	l.image_offset = base - START_KERNEL_MAP;
	if (vmcoreinfo_number(v, "KERNEL_IMAGE_SIZE", &n) && n > 0 && (uint64_t)n <= GIB(2))
		l.image_size = n;
	if (vmcoreinfo_number(v, "sme_mask", &n))
		l.not_address = n;
	l.root = root + l.image_offset;
	*ret = l;
	return 0;
}

static enum entry_kind entry(const struct layout *l, unsigned level, uint64_t value, uint64_t *ret)
{
	uint64_t paddr = value & ENTRY_ADDRESS & ~l->not_address, below;

	if (!(value & ENTRY_PRESENT))
		return ENTRY_NONE;
	if (level > 1 && !(value & ENTRY_HUGE)) {
		*ret = paddr;
		return ENTRY_TABLE;
	}
	if (level > 3)
		return ENTRY_BAD;
	if (level > 1)
		paddr &= ~ENTRY_HUGE_PAT;
	below = (UINT64_C(1) << (PAGE_SHIFT + (level - 1) * INDEX_BITS)) - 1;
	if (paddr & below)
		return ENTRY_BAD;
	*ret = paddr;
	return ENTRY_LEAF;
}

static void leaf_access(uint64_t entry, bool *ret_write, bool *ret_execute)
{
	*ret_write = entry & ENTRY_WRITE;
	*ret_execute = !(entry & ENTRY_NO_EXECUTE);
}

const struct arch arch_x86_64 = {
	.name = "x86_64",
	.machine = EM_X86_64,
	.layout = layout,
	.entry = entry,
	.access = leaf_access,
};
