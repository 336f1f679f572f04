/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/rbtree.h"

#include <errno.h>
#include <inttypes.h>

#include "base/bytes.h"

#define COLOUR UINT64_C(3)

struct node {
	uint64_t addr, right;
};

struct walk {
	struct tree_walk tree;
	enum rbtree_order order;
	uint64_t start;
	struct node above[TREE_DEPTH]; /* by depth: those we went down from */
};

/* Reads the node at addr, reached from `parent` (0: it is where the walk begins). */
static bool read_node(struct walk *w, uint64_t addr, uint64_t parent, struct node *ret,
		      uint64_t *ret_left)
{
	uint8_t bytes[24];
	uint64_t its;

	if (!tree_read(&w->tree, addr, bytes, sizeof(bytes)))
		return false;
	its = le64_get(bytes) & ~COLOUR;
	if (parent && (its != parent || addr == w->start)) {
		tree_damage(&w->tree, -ELOOP,
			    "%" PRIx64 " is below %" PRIx64 " but calls %" PRIx64 " its parent",
			    addr, parent, its);
		return false;
	}
	*ret = (struct node){ addr, le64_get(bytes + 8) };
	*ret_left = le64_get(bytes + 16);
	if (*ret_left && *ret_left == ret->right) {
		tree_damage(&w->tree, -ELOOP, "%" PRIx64 " has one node on both sides", addr);
		return false;
	}
	return true;
}

static int tell(struct walk *w, enum rbtree_order now, uint64_t addr)
{
	if (now != w->order)
		return 0;
	return tree_tell(&w->tree, w->tree.count, w->tree.count, addr);
}

/* Down the left side from addr, as far as it goes. */
static int go_left(struct walk *w, uint64_t addr, uint64_t parent)
{
	struct tree_path *path = &w->tree.path;

	while (addr) {
		struct node node;
		uint64_t left;
		int err;

		if (!read_node(w, addr, parent, &node, &left))
			return 0;
		err = tell(w, RBTREE_ROOT_FIRST, addr);
		if (err != 0)
			return err;
		if (!tree_down(&w->tree, 0, TREE_DEPTH))
			return 0;
		w->above[path->depth - 1] = node;
		parent = addr;
		addr = left;
	}
	return 0;
}

static int walk_all(struct walk *w, uint64_t root)
{
	struct tree_path *path = &w->tree.path;
	int err = go_left(w, root, 0);

	while (err == 0 && path->depth > 0) {
		const unsigned above = path->depth - 1;
		const struct node node = w->above[above];

		if (path->slot[above] == 1) {
			tree_up(&w->tree);
			continue;
		}
		path->depth = above;
		err = tell(w, RBTREE_SORTED, node.addr);
		path->depth = above + 1;
		path->slot[above] = 1;
		if (err == 0)
			err = go_left(w, node.right, node.addr);
	}
	return err;
}

int rbtree_walk(const struct kernel_memory *m, uint64_t node, enum rbtree_order order,
		tree_emit emit, void *user, struct error *e)
{
	struct walk w = { .tree = { .memory = *m, .emit = emit, .user = user },
			  .order = order,
			  .start = node };

	return tree_end(&w.tree, walk_all(&w, node), e);
}

int rbtree_each(struct kernel_reader *r, uint64_t root, tree_emit emit, void *user, struct error *e)
{
	const struct kernel_memory m = tree_memory(r);
	uint8_t bytes[8];
	int err = kernel_read(r, root, bytes, sizeof(bytes), NULL);

	if (err < 0)
		return kernel_read_error(root, err, e);
	return rbtree_walk(&m, le64_get(bytes), RBTREE_SORTED, emit, user, e);
}
