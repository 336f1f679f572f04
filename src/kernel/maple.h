/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Maple trees (lib/maple_tree.c, 6.1 and later): ranges of indices with an entry each. A pointer to a node has the node's type
 * in bits 3 to 6; nodes are aligned to 256 bytes and name the parent and the slot in it.
 */
#include "kernel/object.h"
#include "kernel/tree.h"

#define MAPLE_NODE_MAX 256

enum maple_kind { MAPLE_DENSE, MAPLE_LEAF, MAPLE_RANGE, MAPLE_ARANGE, MAPLE_KINDS };

/* Where things are, by the dump's types. */
struct maple_layout {
	uint64_t root; /* in struct maple_tree */
	uint64_t flags;
	struct {
		unsigned type; /* its number in `enum maple_type` */
		uint64_t slots, pivots;
		unsigned slot_count, pivot_count;
	} kind[MAPLE_KINDS];
};

/* A node on the way, told before its entries. */
struct maple_node {
	uint64_t addr, first, last;
	enum maple_kind kind;
	const uint8_t *bytes; /* MAPLE_NODE_MAX of them */
	const struct tree_path *path;
};

struct maple_walk {
	tree_emit entry;
	/* May be NULL. Non-zero stops. */
	int (*node)(void *user, const struct maple_node *node);
	bool empty; /* tell ranges that have no entry too */
	void *user;
};

/* -ENOENT where the dump has no such types; -EINVAL where they are like none that is known. */
int maple_layout(struct types *t, struct maple_layout *ret, struct error *e) _must_check_;

/* The entries of the maple_tree at addr; not the reserved ones. Damage as told in tree.h. */
int maple_each(const struct object_source *s, uint64_t addr, tree_emit emit, void *user,
	       struct error *e) _must_check_;

/* The same from ma_root, or what a slot of a node that is no leaf holds, on. */
int maple_walk(const struct kernel_memory *m, const struct maple_layout *l, uint64_t root,
	       const struct maple_walk *what, struct error *e) _must_check_;
