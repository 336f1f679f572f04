/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lazy.h"

#include <errno.h>
#include <sys/mman.h>

/* What is read at a time; holes are found at this grain. */
#define PIECE 4096

int lazy_init(struct lazy *l, const struct kernel_memory *m, uint64_t addr, uint64_t size)
{
	uint64_t end;
	int err;

	if (size == 0 || size > LAZY_LIMIT || add_overflow(addr, size - 1, &end))
		return -E2BIG;
	*l = (struct lazy){ .memory = *m, .addr = addr, .size = size };
	l->mapped = align_down(end, PIECE) - align_down(addr, PIECE) + PIECE;
	l->bytes = mmap(NULL, l->mapped, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (l->bytes == MAP_FAILED) {
		l->bytes = NULL;
		return -ENOMEM;
	}
	err = bitmap_init(&l->tried, l->mapped / PIECE);
	if (err == 0)
		err = bitmap_init(&l->missing, l->mapped / PIECE);
	if (err < 0)
		lazy_done(l);
	return err;
}

void lazy_done(struct lazy *l)
{
	if (!l->bytes)
		return;
	munmap(l->bytes, l->mapped);
	bitmap_done(&l->tried);
	bitmap_done(&l->missing);
	*l = (struct lazy){ 0 };
}

static bool load(struct lazy *l, uint64_t piece)
{
	if (!bitmap_get(&l->tried, piece)) {
		bitmap_set(&l->tried, piece);
		if (l->memory.read(l->memory.user, align_down(l->addr, PIECE) + piece * PIECE,
				   l->bytes + piece * PIECE, PIECE, NULL) < 0)
			bitmap_set(&l->missing, piece);
	}
	return !bitmap_get(&l->missing, piece);
}

const void *lazy_at(struct lazy *l, uint64_t offset, size_t len)
{
	uint64_t start;

	if (!l->bytes || len == 0 || !range_inside(offset, len, l->size))
		return NULL;
	start = l->addr % PIECE + offset;
	for (uint64_t piece = start / PIECE; piece <= (start + len - 1) / PIECE; piece++)
		if (!load(l, piece))
			return NULL;
	return l->bytes + start;
}
