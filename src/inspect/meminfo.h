/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What memory was used for, in the words of /proc/meminfo: for kmem -i and the report. Reads some pages of counters; caches and
 * tasks cost what their lists cost.
 */
#include "inspect/command.h"

/* Counts are pages; MEMINFO_UNKNOWN where the dump does not tell. */
#define MEMINFO_UNKNOWN UINT64_MAX

struct meminfo {
	uint64_t page_size;
	uint64_t total, free;
	uint64_t available; /* about what new programs can have without swapping */
	uint64_t buffers;   /* page cache of block devices */
	uint64_t cached;    /* page cache without buffers and swap cache */
	uint64_t swap_cache, anon, mapped, shmem, dirty, writeback;
	uint64_t active_anon, inactive_anon, active_file, inactive_file, unevictable;
	uint64_t slab, slab_reclaimable;
	uint64_t page_tables, kernel_stacks;
	uint64_t huge_total, huge_free;
	uint64_t swap_total, swap_free;
	uint64_t commit_limit, committed;
};

/* What cannot be had is MEMINFO_UNKNOWN. Errors where the dump has no symbols or types. */
int meminfo_read(struct inspect *c, struct meminfo *ret, struct error *e) _must_check_;

struct meminfo_cache {
	const struct slab_cache *cache; /* lives as long as c */
	struct slab_usage usage;
};

/* The caches with the most memory, biggest first, at most max. *ret_count of them. */
int meminfo_caches(struct inspect *c, struct meminfo_cache *ret, size_t max, size_t *ret_count,
		   struct error *e) _must_check_;

/* The processes with the most memory of their own (RSS), biggest first, at most max. */
int meminfo_tasks(struct inspect *c, const struct task **ret, size_t max, size_t *ret_count,
		  struct error *e) _must_check_;

/* "459.8 MB", "692 KB", "0", as crash writes an amount. */
#define MEMINFO_WORDS_SIZE 32
void meminfo_words(uint64_t bytes, char ret[MEMINFO_WORDS_SIZE]);
