/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Where struct pages are: the runs of mem_map (SPARSEMEM, with or without vmemmap; flat mem_map).
 */
#include "kernel/kernel.h"

/* struct pages of consecutive pfns, consecutive in kernel virtual memory. */
struct memmap_run {
	uint64_t start_pfn;
	uint64_t pages;
	uint64_t vaddr; /* of start_pfn's struct page */
};

struct memmap {
	struct memmap_run *
		runs; /* sorted by pfn, disjoint; neighbours that continue one another are merged */
	size_t count;
	uint32_t page_struct_size; /* SIZE(page) */
	uint64_t damaged_sections; /* that could not be read or made no sense */
};

/* -ENOENT where vmcoreinfo does not tell where mem_map is; -EINVAL where nothing of it makes sense. */
int memmap_read(struct kernel *k, struct memmap *ret, struct error *e) _must_check_;
void memmap_done(struct memmap *m);
