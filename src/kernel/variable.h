/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kernel's variables with their types. BTF has the per-CPU ones (5.12 and later) and no others: for those a table says
 * what type they have had in all kernels that have them.
 */
#include "kernel/object.h"
#include "kernel/percpu.h"

enum variable_origin { VARIABLE_BTF, VARIABLE_TABLE };

struct variable {
	struct object object; /* at the symbol; of a per-CPU variable see variable_on_cpu() */
	bool percpu;
	uint64_t elements; /* of "[]" in the table, by the symbol's size; 0: no array by table */
	enum variable_origin origin;
};

/* -ENOENT where there is no such symbol or nothing knows its type. */
int variable_find(const struct object_source *s, struct symbols *symbols, const char *name,
		  struct variable *ret, struct error *e) _must_check_;

/* The variable of one CPU; of others than per-CPU ones the same for all. False for a CPU that there is not. */
bool variable_on_cpu(const struct variable *v, const struct percpu *p, uint32_t cpu,
		     struct object *ret);
