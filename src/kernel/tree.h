/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What walks of rbtree.h, xarray.h and maple.h share. Every walk ends, whatever memory holds: a node counts only where it names
 * the parent (and slot) it was reached from, so none is seen twice. A branch that is not so, or cannot be read, is left out;
 * the rest is still told, and the walk then returns the error of the first such branch.
 */
#include "kernel/kernel.h"
#include "kernel/lazy.h"

#define TREE_DEPTH 128
#define TREE_LIMIT 4000000

/* The turns from the root: slots, of a red-black tree 0 left and 1 right. */
struct tree_path {
	unsigned depth;
	uint8_t slot[TREE_DEPTH];
};

struct tree_entry {
	uint64_t first,
		last; /* the indices it stands for; of a red-black tree's node its number in the walk */
	uint64_t value; /* a pointer as stored, tags too; of a red-black tree the node's address */
	const struct tree_path *path;
};

/* Returns non-zero to stop: the walk returns that. */
typedef int (*tree_emit)(void *user, const struct tree_entry *entry);

struct kernel_memory tree_memory(struct kernel_reader *r);

/* ---- for the walks themselves ---- */

struct tree_walk {
	struct kernel_memory memory;
	tree_emit emit;
	void *user;
	struct tree_path path;
	uint64_t count;	     /* entries told */
	struct error damage; /* the first; code 0: none */
	unsigned damaged;    /* branches left out */
};

/* True where [addr, addr + len) was read; else the branch is written down as damage. */
bool tree_read(struct tree_walk *w, uint64_t addr, void *buf, size_t len);

void tree_damage(struct tree_walk *w, int code, const char *fmt, ...) _printf_(3, 4);

/* What emit says, or -E2BIG past TREE_LIMIT. */
int tree_tell(struct tree_walk *w, uint64_t first, uint64_t last, uint64_t value);

/* One turn down or back up. False where the tree is deeper than any: written down. */
bool tree_down(struct tree_walk *w, unsigned slot, unsigned depth_limit);
void tree_up(struct tree_walk *w);

/* What the whole walk returns, err being what stopped it or 0. */
int tree_end(struct tree_walk *w, int err, struct error *e);
