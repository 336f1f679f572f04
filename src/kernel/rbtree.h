/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Red-black trees: struct rb_node is { parent and colour, right, left } in all kernels, struct rb_root a pointer to one
 * (include/linux/rbtree_types.h); rb_root_cached begins with an rb_root.
 */
#include "kernel/tree.h"

enum rbtree_order {
	RBTREE_SORTED,	   /* from the leftmost node to the right */
	RBTREE_ROOT_FIRST, /* a node, then what is left of it, then what is right */
};

/* The nodes of the tree whose rb_root is at `root`. Damage as told in tree.h. */
int rbtree_each(struct kernel_reader *r, uint64_t root, tree_emit emit, void *user,
		struct error *e) _must_check_;

/* The nodes from `node` down; its own parent is not asked. 0 is an empty tree. */
int rbtree_walk(const struct kernel_memory *m, uint64_t node, enum rbtree_order order,
		tree_emit emit, void *user, struct error *e) _must_check_;
