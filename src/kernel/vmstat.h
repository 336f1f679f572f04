/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The kernel's counters of memory: arrays whose places are named by enums of its types. */
#include "kernel/variable.h"

enum vmstat_kind { VMSTAT_ZONE, VMSTAT_NODE, VMSTAT_NUMA, VMSTAT_EVENT, VMSTAT_KINDS };

struct vmstat {
	const struct object_source *source;
	struct symbols *symbols;
	const struct percpu *percpu; /* for events alone */
};

/* Every item in its order; names and values of those counters that can be read. -ENOENT where the kernel has none of the kind. */
int vmstat_each(const struct vmstat *v, enum vmstat_kind kind,
		int (*emit)(void *user, const char *name, int64_t value), void *user,
		struct error *e) _must_check_;

/* The same names for an array of counters elsewhere, such as that of one zone. */
int vmstat_each_at(const struct vmstat *v, enum vmstat_kind kind, uint64_t array,
		   int (*emit)(void *user, const char *name, int64_t value), void *user,
		   struct error *e) _must_check_;

/* One counter of zones or nodes by name, "a|b" by the first that is there; below zero is 0. */
bool vmstat_get(const struct vmstat *v, enum vmstat_kind kind, const char *names, uint64_t *ret);

/* The longest name of a kind, for columns. */
size_t vmstat_width(const struct vmstat *v, enum vmstat_kind kind);
