/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Inside of the ELF reader: segments as found (elf.c) and physical memory made of them (elf_memory.c).
 */
#include "dumpfile/format.h"

/*
 * Memory [start, end) of one segment. What is below `stored` was written, what is below `there` is in the file:
 * a truncated file ends before, and a writer may leave the tail of a segment out (p_filesz < p_memsz).
 */
struct elf_extent {
	uint64_t start, there, stored, end;
	uint64_t offset; /* of start in the source */
	uint64_t vaddr;	 /* of start, or UINT64_MAX */
};

/* Sorted and disjoint. */
struct elf_layer {
	struct elf_extent *extents;
	size_t n;
};

/*
 * Segments overlap: the kernel's own lies inside the one of the memory around it. Where that one is cut off, the
 * other may still be in the file: hence a second layer.
 */
#define ELF_LAYERS 2

struct elf {
	struct elf_layer layers[ELF_LAYERS];
};

/* Sorts n extents and spreads them over the layers; takes the array. -ENOMEM. */
int elf_memory_build(struct elf *f, struct elf_extent *extents, size_t n) _must_check_;
void elf_memory_done(struct elf *f);

/* Page aligned ranges of all extents, and max_pfn. -ENOMEM. */
int elf_memory_ranges(struct dumpfile *d) _must_check_;

enum page_state elf_page_run(const struct dumpfile *d, uint64_t pfn, uint64_t *ret_end);
ssize_t elf_lend(struct dump_reader *r, uint64_t paddr, size_t want, const void **ret);
int elf_load_page(struct dump_reader *r, uint64_t pfn, void *page, struct error *e);
