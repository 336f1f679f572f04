/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The memory of processes. Dumps mostly leave its pages out: -ENODATA is the usual answer.
 */
#include "inspect/command.h"

/* The physical address of an mm_struct's top page table, for kernel_mapping(). */
int user_root(struct inspect *c, uint64_t mm, uint64_t *ret, struct error *e) _must_check_;

/* How user memory at vaddr is mapped in mm (an mm_struct's address): kernel_mapping() with its page tables. */
int user_mapping(struct inspect *c, uint64_t mm, uint64_t vaddr, struct kernel_mapping *ret,
		 struct error *e) _must_check_;

/* As kernel_read(). -EFAULT: not mapped, or swapped out. */
int user_read(struct inspect *c, uint64_t mm, uint64_t vaddr, void *buf, size_t len,
	      struct error *e) _must_check_;
