/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The areas of kernel memory that vmalloc and its like mapped: one list, or from 6.9 on the trees of several nodes. */
#include "kernel/variable.h"

#define VMALLOC_MAX 1000000

struct vmalloc_area {
	uint64_t addr; /* of vmap_area */
	uint64_t vm;   /* of vm_struct */
	uint64_t start, end;
	uint64_t pages;	   /* of memory; 0 where it maps something else */
	uint64_t physical; /* of ioremap() */
	uint64_t caller;   /* code; 0: not known */
	uint64_t flags;	   /* VM_… of vm_struct */
};

struct vmalloc_areas {
	struct vmalloc_area *list; /* sorted by address */
	size_t count, room;
	char damage[200]; /* "": none */
};

/* -ENOENT where the dump does not tell. A list that is damaged gives what was reached. */
int vmalloc_areas(const struct object_source *s, struct symbols *symbols, struct vmalloc_areas *ret,
		  struct error *e) _must_check_;
void vmalloc_areas_done(struct vmalloc_areas *areas);
#define _cleanup_vmalloc_areas_ _cleanup_(vmalloc_areas_done)

/* The area that addr lies in, or NULL. */
const struct vmalloc_area *vmalloc_area_at(const struct vmalloc_areas *areas, uint64_t addr);
