/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * kallsyms, the kernel's own symbol table, as scripts/kallsyms.c of the kernel lays it out in .rodata: names compressed
 * with a table of 256 tokens, in blocks of 256 that start at markers, in the order of addresses.
 *
 * Parsers over "memory at an address"; symbols.c feeds them the dump.
 */
#include "kernel/lazy.h"
#include "kernel/vmcoreinfo.h"

#define KALLSYMS_BLOCK 256	  /* names from one marker to the next */
#define KALLSYMS_LIMIT (1u << 22) /* symbols; kernels have 0.2 million */
#define KALLSYMS_NAME_MAX 512	  /* KSYM_NAME_LEN */

/* How addresses are written. */
enum kallsyms_encoding {
	KALLSYMS_ABSOLUTE, /* 8 bytes each: before 4.6, and where CONFIG_KALLSYMS_BASE_RELATIVE is off */
	KALLSYMS_BASE, /* u32 to add to relative_base */
	KALLSYMS_PERCPU, /* s32: itself where not negative, else relative_base - 1 - it; x86_64 until 6.14 */
	KALLSYMS_PLACE, /* s32 to add to where it stands; 7.0+ */
};

/* Addresses of the tables. */
struct kallsyms_layout {
	uint32_t count; /* symbols */
	uint64_t names, markers, token_table, token_index;
	uint64_t addresses; /* of whatever encoding */
	uint64_t seqs; /* seqs_of_names: 3 bytes a symbol, big-endian, sorted by name; 0: none */
	uint64_t relative_base;
	enum kallsyms_encoding encoding;
	unsigned marker_size; /* 4; 8 until 4.19 */
	bool exported;	      /* vmcoreinfo told where; else found by signature */
	unsigned agreed;      /* vmcoreinfo symbols that have the same address here */
};

struct kallsyms;

/*
 * Finds the tables by vmcoreinfo, or by their signature in [scan, scan + scan_size), and verifies them: names end where
 * markers say, addresses are what vmcoreinfo says of its symbols. -ENOENT where there are none.
 */
int kallsyms_open(const struct kernel_memory *m, const struct vmcoreinfo *v, uint64_t scan,
		  uint64_t scan_size, struct kallsyms **ret, struct error *e) _must_check_;
struct kallsyms *kallsyms_free(struct kallsyms *k);
DEFINE_CLEANUP(struct kallsyms *, kallsyms_free)

const struct kallsyms_layout *kallsyms_layout(const struct kallsyms *k);

/* False where the page that tells is missing. index is below count. */
bool kallsyms_address(struct kallsyms *k, uint32_t index, uint64_t *ret);

/* The name and, before it, the type letter, valid until free; NULL where its block is missing or damaged. */
const char *kallsyms_name(struct kallsyms *k, uint32_t index, char *ret_type);

/* The lowest index whose address is the greatest that is <= addr. False where there is none. */
bool kallsyms_index_at(struct kallsyms *k, uint64_t addr, uint32_t *ret);

/* Stops where emit returns non-zero and returns that. In table order. */
int kallsyms_each_named(struct kallsyms *k, const char *name,
			int (*emit)(void *user, uint32_t index), void *user);
