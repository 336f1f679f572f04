/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * An architecture's virtual memory as a row of facts: where the kernel's image lies, and how a page table entry is
 * read. The walk itself (translate.c) is the same for all. Adding one is a new file and a row in arch.c.
 */
#include "dumpfile/dumpfile.h"
#include "kernel/vmcoreinfo.h"

/* One idea of how a kernel lies in memory; verified before it is believed. */
struct layout {
	uint64_t root;	       /* physical address of the top page table */
	uint64_t image;	       /* the kernel's image: virtual start, */
	uint64_t image_size;   /* bytes, */
	uint64_t image_offset; /* and what to add (mod 2^64) for the physical address */
	uint64_t
		not_address; /* bits of a table entry that look like address and are none (encryption) */
	unsigned levels;
	unsigned page_shift;
	unsigned index_bits; /* a table holds 2^index_bits entries of 8 bytes */
};

enum entry_kind {
	ENTRY_NONE, /* nothing is mapped there */
	ENTRY_BAD,  /* no entry the kernel would write */
	ENTRY_TABLE,
	ENTRY_LEAF,
};

struct arch {
	const char *name;
	uint16_t machine; /* EM_X86_64, … */

	/*
	 * The attempt-th idea, best first, from vmcoreinfo and what the container says. -EAGAIN: this one has no
	 * ground here, ask for the next; -ENOENT: no more; -EINVAL: vmcoreinfo lacks what every idea needs.
	 */
	int (*layout)(const struct vmcoreinfo *v, struct dumpfile *d, unsigned attempt,
		      struct layout *ret, struct error *e);

	/* level counts from 1, the table whose entries map single pages. *ret is a physical address. */
	enum entry_kind (*entry)(const struct layout *l, unsigned level, uint64_t entry,
				 uint64_t *ret);

	/* What a leaf's entry allows the kernel. */
	void (*access)(uint64_t entry, bool *ret_write, bool *ret_execute);
};

extern const struct arch arch_x86_64;

/* NULL where there is no row for it. EM_NONE, a container that does not say, gives the first row. */
const struct arch *arch_find(uint16_t machine);
