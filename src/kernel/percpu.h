/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Per-CPU data: how many CPUs there may be, and where each one's copies lie. */
#include "kernel/symbols.h"

#define CPUS_MAX 8192

struct percpu {
	unsigned count;	   /* nr_cpu_ids */
	uint64_t *offsets; /* what to add to a per-CPU symbol or pointer, by CPU */
};

/* -ENOENT where the kernel's symbols do not tell. */
int percpu_read(struct kernel_reader *r, struct symbols *s, struct percpu *ret,
		struct error *e) _must_check_;
void percpu_done(struct percpu *p);
