/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/translate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

/* Tables are kept in pieces of this size: a piece of x86_64 is a table. */
#define TABLE_PIECE 4096
#define TABLE_PIECES 12

/* A leaf is found by its 2 MiB: as many of those are remembered as fit here. */
#define LEAVES 64
#define LEAF_SHIFT 21

#define NO_PADDR UINT64_MAX

struct leaf {
	uint64_t vaddr, size, paddr; /* size 0: empty */
};

struct table_piece {
	uint64_t paddr;
	char bytes[TABLE_PIECE];
};

struct kernel_reader {
	struct kernel *kernel; /* borrowed */
	struct dump_reader *dump;
	struct leaf leaves[LEAVES];
	struct table_piece pieces[TABLE_PIECES];
	unsigned victim; /* the piece to be replaced next */
};

int kernel_reader_new(struct kernel *k, struct kernel_reader **ret)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *r = calloc(1, sizeof(*r));
	int err;

	if (!r)
		return -ENOMEM;
	r->kernel = k;
	for (size_t i = 0; i < TABLE_PIECES; i++)
		r->pieces[i].paddr = NO_PADDR;
	err = dump_reader_new(k->dump, &r->dump);
	if (err < 0)
		return err;
	*ret = TAKE_PTR(r);
	return 0;
}

struct kernel_reader *kernel_reader_free(struct kernel_reader *r)
{
	if (r) {
		dump_reader_free(r->dump);
		free(r);
	}
	return NULL;
}

struct dump_reader *kernel_reader_dump(struct kernel_reader *r)
{
	return r->dump;
}

struct kernel *kernel_reader_kernel(const struct kernel_reader *r)
{
	return r->kernel;
}

bool image_translate(const struct layout *l, uint64_t vaddr, uint64_t *ret)
{
	if (vaddr < l->image || vaddr - l->image >= l->image_size)
		return false;
	*ret = vaddr + l->image_offset;
	return true;
}

static int read_entry(struct kernel_reader *r, uint64_t paddr, uint64_t *ret, struct error *e)
{
	uint64_t start = align_down(paddr, TABLE_PIECE);
	struct table_piece *piece = NULL;
	int err;

	if (paddr % 8)
		return error_set(e, -EFAULT, "page table entry at 0x%" PRIx64, paddr);
	for (size_t i = 0; i < TABLE_PIECES && !piece; i++)
		if (r->pieces[i].paddr == start)
			piece = &r->pieces[i];
	if (!piece) {
		piece = &r->pieces[r->victim];
		r->victim = (r->victim + 1) % TABLE_PIECES;
		piece->paddr = NO_PADDR;
		err = dump_read(r->dump, start, piece->bytes, TABLE_PIECE, e);
		if (err < 0)
			return error_prefix(e, err, "page table at 0x%" PRIx64, start);
		piece->paddr = start;
	}
	*ret = le64_get(piece->bytes + (paddr - start));
	return 0;
}

/* The upper half of what the tables reach: kernel memory. */
static bool is_kernel_address(const struct layout *l, uint64_t vaddr)
{
	unsigned bits = l->page_shift + l->levels * l->index_bits;

	return bits >= 64 || vaddr >> (bits - 1) == UINT64_MAX >> (bits - 1);
}

int kernel_mapping(struct kernel_reader *r, uint64_t root, uint64_t vaddr,
		   struct kernel_mapping *ret, struct error *e)
{
	const struct layout *l = &r->kernel->layout;
	uint64_t table = root == UINT64_MAX ? l->root : root, value = 0;

	*ret = (struct kernel_mapping){ 0 };
	if (root == UINT64_MAX && !is_kernel_address(l, vaddr))
		return error_set(e, -EFAULT, "0x%" PRIx64 " is no kernel address", vaddr);
	for (unsigned level = l->levels; level > 0; level--) {
		unsigned shift = l->page_shift + (level - 1) * l->index_bits;
		uint64_t index = vaddr >> shift & ((UINT64_C(1) << l->index_bits) - 1);
		uint64_t size = UINT64_C(1) << shift;
		int err = read_entry(r, table + index * 8, &value, e);

		if (err < 0)
			return error_prefix(e, err, "0x%" PRIx64 ": level %u", vaddr, level);
		ret->step[ret->steps].level = level;
		ret->step[ret->steps].paddr = table + index * 8;
		ret->step[ret->steps++].entry = value;
		switch (r->kernel->arch->entry(l, level, value, &table)) {
		case ENTRY_TABLE:
			break;
		case ENTRY_LEAF:
			ret->vaddr = align_down(vaddr, size);
			ret->size = size;
			ret->paddr = table;
			r->kernel->arch->access(value, &ret->write, &ret->execute);
			return 0;
		case ENTRY_NONE:
			return error_set(e, -EFAULT, "0x%" PRIx64 " is not mapped", vaddr);
		case ENTRY_BAD:
			return error_set(e, -EFAULT,
					 "0x%" PRIx64 ": 0x%" PRIx64
					 " is no table entry of level %u",
					 vaddr, value, level);
		}
	}
	return error_set(e, -EFAULT, "0x%" PRIx64 ": the page tables end in no page", vaddr);
}

/* *ret is the whole leaf that maps vaddr; empty on failure. */
static int walk(struct kernel_reader *r, uint64_t vaddr, struct leaf *ret, struct error *e)
{
	struct kernel_mapping m;
	int err = kernel_mapping(r, UINT64_MAX, vaddr, &m, e);

	*ret = (struct leaf){ m.vaddr, m.size, m.paddr };
	return err;
}

static void locate(const struct leaf *leaf, uint64_t vaddr, uint64_t *ret_paddr,
		   uint64_t *ret_contiguous)
{
	*ret_paddr = leaf->paddr + (vaddr - leaf->vaddr);
	*ret_contiguous = leaf->size - (vaddr - leaf->vaddr);
}

int walk_translate(struct kernel_reader *r, uint64_t vaddr, uint64_t *ret_paddr,
		   uint64_t *ret_contiguous, struct error *e)
{
	struct leaf leaf;
	int err = walk(r, vaddr, &leaf, e);

	if (err < 0)
		return err;
	locate(&leaf, vaddr, ret_paddr, ret_contiguous);
	return 0;
}

/* Without page tables: the image, and what the container says about virtual addresses (ELF does). */
static int fallback_translate(struct kernel_reader *r, uint64_t vaddr, uint64_t *ret_paddr,
			      uint64_t *ret_contiguous, struct error *e)
{
	const struct layout *l = &r->kernel->layout;
	const struct dump_range *ranges;
	size_t count = dumpfile_ranges(r->kernel->dump, &ranges);

	if (image_translate(l, vaddr, ret_paddr)) {
		*ret_contiguous = l->image_size - (vaddr - l->image);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		if (ranges[i].vaddr != UINT64_MAX && vaddr >= ranges[i].vaddr &&
		    vaddr - ranges[i].vaddr < ranges[i].size) {
			*ret_paddr = ranges[i].paddr + (vaddr - ranges[i].vaddr);
			*ret_contiguous = ranges[i].size - (vaddr - ranges[i].vaddr);
			return 0;
		}
	return error_set(e, -EFAULT, "0x%" PRIx64 " cannot be found without page tables", vaddr);
}

int kernel_translate(struct kernel_reader *r, uint64_t vaddr, uint64_t *ret_paddr,
		     uint64_t *ret_contiguous, struct error *e)
{
	struct leaf *leaf = &r->leaves[(vaddr >> LEAF_SHIFT) % LEAVES];
	struct leaf found;
	int err;

	if (vaddr - leaf->vaddr >= leaf->size) {
		if (!r->kernel->walk)
			return fallback_translate(r, vaddr, ret_paddr, ret_contiguous, e);
		err = walk(r, vaddr, &found, e);
		if (err < 0)
			return err;
		*leaf = found;
	}
	locate(leaf, vaddr, ret_paddr, ret_contiguous);
	return 0;
}

int kernel_read(struct kernel_reader *r, uint64_t vaddr, void *buf, size_t len, struct error *e)
{
	char *to = buf;

	while (len > 0) {
		uint64_t paddr, contiguous;
		size_t n;
		int err = kernel_translate(r, vaddr, &paddr, &contiguous, e);

		if (err < 0)
			return err;
		n = MIN(len, contiguous);
		err = dump_read(r->dump, paddr, to, n, e);
		if (err < 0)
			return error_prefix(e, err, "0x%" PRIx64, vaddr);
		to += n;
		len -= n;
		if (len > 0 && add_overflow(vaddr, n, &vaddr))
			return error_set(e, -EFAULT, "a read goes beyond the last address");
	}
	return 0;
}

int kernel_borrow(struct kernel_reader *r, uint64_t vaddr, size_t want, const void **ret,
		  size_t *ret_len, struct error *e)
{
	uint64_t paddr, contiguous;
	int err = kernel_translate(r, vaddr, &paddr, &contiguous, e);

	if (err < 0)
		return err;
	err = dump_borrow(r->dump, paddr, MIN(want, contiguous), ret, ret_len, e);
	return err < 0 ? error_prefix(e, err, "0x%" PRIx64, vaddr) : 0;
}
