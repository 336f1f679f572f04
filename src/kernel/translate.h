/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * From virtual to physical: the inside of struct kernel and its readers.
 */
#include "kernel/arch.h"
#include "kernel/kernel.h"

struct kernel {
	struct dumpfile *dump; /* borrowed */
	struct vmcoreinfo *vmcoreinfo;
	const struct arch *arch;
	struct layout layout;
	bool named; /* the container brought vmcoreinfo; else a page of memory looks like it */
	bool walk; /* the page tables can be used; else the image's rule and the container's addresses */
	char doubts[400];
};

/* The image's rule: an addition. False outside the image's window. */
bool image_translate(const struct layout *l, uint64_t vaddr, uint64_t *ret);

/* By page tables alone, whatever k->walk says. As kernel_translate(). */
int walk_translate(struct kernel_reader *r, uint64_t vaddr, uint64_t *ret_paddr,
		   uint64_t *ret_contiguous, struct error *e) _must_check_;
