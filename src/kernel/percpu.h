/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * CPUs and the places of their own data. The address of a per-CPU variable is its symbol plus __per_cpu_offset[cpu] (mod
 * 2^64), whether symbols are counted from zero (x86_64 until 6.14) or are addresses.
 */
#include "kernel/symbols.h"

#define PERCPU_LIMIT 8192 /* CPUs: NR_CPUS of x86_64 */

struct percpu {
	uint32_t count; /* nr_cpu_ids: possible CPUs are below it */
	uint64_t *offsets;
	bool *online, *present; /* by CPU; as the kernel saw it */
	uint32_t online_count, present_count;
};

/* -ENOENT where symbols lack; errors of kernel_read(). A kernel without SMP has one CPU and offset 0. */
int percpu_open(struct kernel_reader *r, struct symbols *s, struct percpu **ret,
		struct error *e) _must_check_;
struct percpu *percpu_free(struct percpu *p);
DEFINE_CLEANUP(struct percpu *, percpu_free)

/* False for a CPU that there is not. */
bool percpu_address(const struct percpu *p, uint32_t cpu, uint64_t symbol, uint64_t *ret);
