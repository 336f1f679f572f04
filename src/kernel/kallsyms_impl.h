/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The inside of struct kallsyms: what finding (kallsyms_scan.c, kallsyms_find.c, kallsyms_address.c) hands to reading
 * (kallsyms.c).
 */
#include "kernel/kallsyms.h"

/* The 256 tokens, NUL-terminated, copied out of the dump. */
struct kallsyms_tokens {
	char text[256 * 64 + 1];
	uint16_t at[256];
	uint8_t len[256];
};

/* False where the two tables contradict each other. */
bool kallsyms_tokens_read(const struct kernel_memory *m, uint64_t table, uint64_t index,
			  struct kallsyms_tokens *ret);

/* The token table in [start, start + size) whose index follows it. False where there is none. */
bool kallsyms_scan(const struct kernel_memory *m, uint64_t start, uint64_t size,
		   uint64_t *ret_table, uint64_t *ret_index);

/*
 * Do `count` names starting at p fill size bytes, but for `slack`? Tries lengths of one or two bytes (6.1+: ULEB128),
 * then of one byte (before). *ret_wide says which it was.
 */
bool kallsyms_block_fits(const uint8_t *p, size_t size, unsigned count, unsigned slack,
			 bool *ret_wide);

/* All of a layout, but for addresses and seqs. */
int kallsyms_find_names(const struct kernel_memory *m, const struct vmcoreinfo *v, uint64_t scan,
			uint64_t scan_size, struct kallsyms_layout *ret,
			struct error *e) _must_check_;

/* What kallsyms_find_names() found, opened for reading names; addresses and seqs follow. */
int kallsyms_find_addresses(struct kallsyms *k, const struct vmcoreinfo *v,
			    struct error *e) _must_check_;

struct kallsyms_block;

/* A block's names, expanded, take no more. */
#define KALLSYMS_BLOCK_MAX ((size_t)KALLSYMS_BLOCK * (KALLSYMS_NAME_MAX + 2))

struct kallsyms {
	struct kernel_memory memory;
	struct kallsyms_layout at;
	struct kallsyms_tokens tokens;
	struct lazy names, markers, addresses, seqs;
	struct kallsyms_block **blocks; /* as they were asked for */
	uint32_t *buckets, *next; /* names by hash, where there is no seqs_of_names: index + 1 */
	uint32_t *hashes;
	uint32_t bucket_count; /* a power of two */
	char scratch[KALLSYMS_BLOCK_MAX];
};

/* Points k->addresses and k->seqs at k->at. */
int kallsyms_set_addresses(struct kallsyms *k) _must_check_;
int kallsyms_set_seqs(struct kallsyms *k, uint64_t seqs) _must_check_;

/* As kallsyms_each_named(), by seqs_of_names alone; -ENODATA where what tells is missing. */
int kallsyms_each_by_seq(struct kallsyms *k, const char *name,
			 int (*emit)(void *user, uint32_t index), void *user) _must_check_;
