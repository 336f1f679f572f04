/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The area of a process's memory that an address lies in. */
#include "inspect/command.h"
#include "inspect/path.h"

struct vma {
	uint64_t addr; /* of vm_area_struct */
	uint64_t start, end, flags;
	uint64_t page; /* vm_pgoff: of the file */
	uint64_t file; /* 0: anonymous */
};

/* mm is an mm_struct's address. -ENOENT. */
int vma_at(struct inspect *c, uint64_t mm, uint64_t vaddr, struct vma *ret,
	   struct error *e) _must_check_;

/* The path of an open file, by its struct file; "" where it is not known. */
void vma_file_name(struct inspect *c, uint64_t file, char ret[PATH_SIZE]);
