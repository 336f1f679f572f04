/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trees in memory of any content. The input's first byte says where the walk begins; what follows is repeated through 16 KiB, as
 * pointers into it, so that nodes lead to nodes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "kernel/maple.h"
#include "kernel/rbtree.h"
#include "kernel/xarray.h"

#define BASE UINT64_C(0xffff888000000000)
#define SIZE KIB(16)
#define READS_LIMIT 100000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct made {
	uint8_t bytes[SIZE];
	unsigned reads;
};

static int read_made(void *user, uint64_t addr, void *buf, size_t len, struct error *e)
{
	struct made *m = user;

	/* Each node is seen once: more reads than places for nodes are a loop. */
	if (++m->reads > READS_LIMIT)
		abort();
	if (addr < BASE || !range_inside(addr - BASE, len, SIZE))
		return -EFAULT;
	memcpy(buf, m->bytes + (addr - BASE), len);
	return 0;
}

static int tell(void *user, const struct tree_entry *entry)
{
	if (entry->last < entry->first || entry->path->depth > TREE_DEPTH)
		abort();
	return 0;
}

/* Two bytes of input a word: an offset, with the tags as they are; words of which the highest bit is set are small numbers. */
static void fill(struct made *m, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < SIZE / 8; i++) {
		uint64_t word = 0;

		if (2 * i + 1 < size)
			word = le16_get(data + 2 * i);
		if (word && !(word & 0x8000))
			word += BASE;
		le64_put(m->bytes + 8 * i, word & 0x8000 ? word & 0x7fff : word);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct made m;
	const struct kernel_memory memory = { read_made, &m };
	const struct xarray_layout xarray = {
		.size = 576, .shift = 0, .offset = 1, .parent = 8, .slots = 40, .bits = 6
	};
	struct xarray_layout radix = xarray;
	const struct maple_layout maple = {
		.kind = { [MAPLE_DENSE] = { 0, 8, 0, 31, 0 },
			  [MAPLE_LEAF] = { 1, 128, 8, 16, 15 },
			  [MAPLE_RANGE] = { 2, 128, 8, 16, 15 },
			  [MAPLE_ARANGE] = { 3, 80, 8, 10, 9 } },
	};
	const struct maple_walk what = { .entry = tell, .empty = size & 1 };
	struct error e;
	uint64_t start;

	if (size < 2)
		return 0;
	start = BASE + le16_get(data);
	radix.radix = true;
	fill(&m, data + 2, size - 2);
	for (unsigned order = 0; order < 2; order++) {
		m.reads = 0;
		(void)!rbtree_walk(&memory, start, order, tell, NULL, &e);
	}
	m.reads = 0;
	(void)!xarray_walk(&memory, &xarray, start, tell, NULL, &e);
	m.reads = 0;
	(void)!xarray_walk(&memory, &radix, start, tell, NULL, &e);
	m.reads = 0;
	(void)!maple_walk(&memory, &maple, start, &what, &e);
	return 0;
}
