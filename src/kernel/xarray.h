/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * XArrays (include/linux/xarray.h), and what are or were radix trees: radix_tree_root is an xarray by another name since 4.20,
 * struct idr has one in it, and before 4.20 struct radix_tree_node was built like xa_node but tagged its pointers otherwise.
 */
#include "kernel/object.h"
#include "kernel/tree.h"

#define XARRAY_NODE_MAX 1024

/* Where things are, by the dump's types. */
struct xarray_layout {
	uint64_t head;				     /* in struct xarray: the first entry */
	uint64_t size, shift, offset, parent, slots; /* in a node */
	unsigned bits;				     /* slots a node: 1 << bits */
	bool radix;				     /* tags of before 4.20 */
};

/* -ENOENT where the dump does not know the types; -EINVAL where they are like none that is known. */
int xarray_layout(struct types *t, struct xarray_layout *ret, struct error *e) _must_check_;

/*
 * The entries of the xarray (radix_tree_root, idr) at addr with their indices; an entry of several indices comes once. Empty,
 * reserved and retry entries do not come. Damage as told in tree.h.
 */
int xarray_each(const struct object_source *s, uint64_t addr, tree_emit emit, void *user,
		struct error *e) _must_check_;

/* The same from an entry on: xa_head, or what a slot holds. */
int xarray_walk(const struct kernel_memory *m, const struct xarray_layout *l, uint64_t entry,
		tree_emit emit, void *user, struct error *e) _must_check_;

/* An entry that is no pointer: the number it stands for. False for pointers. */
bool xarray_value(const struct xarray_layout *l, uint64_t entry, uint64_t *ret);
