/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A made-up x86_64 machine: 8 MiB of memory that a test fills, page tables built in it, and an ELF dump of it.
 *
 * The image starts at FAKE_IMAGE, which is physical FAKE_PADDR: phys_base is negative. _stext is at its start,
 * init_uts_ns behind it, the top page table at FAKE_TABLES.
 */
#include "kernel/kernel.h"

#define FAKE_PADDR UINT64_C(0x1000000)
#define FAKE_SIZE MIB(8)
#define FAKE_IMAGE UINT64_C(0xffffffff83000000)
#define FAKE_DIRECT UINT64_C(0xffff888000000000)
#define FAKE_UTS (FAKE_IMAGE + 0x1000)
#define FAKE_TABLES (FAKE_PADDR + MIB(2))

struct fake {
	char *memory; /* of FAKE_SIZE bytes; freed by fake_done() */
	uint64_t next_table;
	unsigned levels;
	uint64_t encryption; /* set in every entry */
	uint16_t machine;
	bool no_note;	 /* the dump has no vmcoreinfo note */
	bool cut;	 /* the dump ends where memory begins */
	uint64_t vaddr;	 /* that the dump's program header gives the memory */
	char info[8192]; /* vmcoreinfo's text */
};

/* A machine whose image is mapped, with 2 MiB leaves, and whose vmcoreinfo tells the truth. */
void fake_init(struct fake *f, unsigned levels, uint64_t encryption);
void fake_done(struct fake *f);

/* Adds a line to vmcoreinfo; of equal keys the first counts. */
void fake_info(struct fake *f, const char *fmt, ...) _printf_(2, 3);

/* The made-up memory at a physical address. */
char *fake_at(struct fake *f, uint64_t paddr);

/* Maps one leaf of 2^shift bytes (12, 21 or 30), building the tables above it. */
void fake_map(struct fake *f, uint64_t vaddr, uint64_t paddr, unsigned shift);

/* Where the entry of a level that maps vaddr stands; its tables must be there. */
char *fake_entry(struct fake *f, uint64_t vaddr, unsigned level);

/* A dump of it. The kernel borrows *ret_dump. */
int fake_open(struct fake *f, struct dumpfile **ret_dump, struct kernel **ret, struct error *e);

#define _cleanup_fake_ _cleanup_(fake_done)
