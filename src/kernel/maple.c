/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/maple.h"

#include <errno.h>
#include <inttypes.h>

#include "base/bytes.h"

#define NODE_MASK UINT64_C(0xff) /* what is not the node's address */
#define TYPE(entry) ((entry) >> 3 & 0xf)
#define PARENT_SLOT(parent) ((parent) >> 3 & 0x1f)
#define INTERNAL(entry) (((entry)&3) == 2)
#define ENTRIES_UP_TO UINT64_C(4096) /* internal entries up to here are marks, not nodes */
#define DEPTH_LIMIT 31

struct walk {
	struct tree_walk tree;
	const struct maple_layout *layout;
	const struct maple_walk *what;
	uint64_t start;
};

struct node {
	uint64_t addr, first, last;
	enum maple_kind kind;
	uint8_t bytes[MAPLE_NODE_MAX];
};

static bool array_at(struct types *t, const char *path, uint64_t *ret, unsigned *ret_count)
{
	struct type_member m;

	if (!types_member(t, path, &m) || m.elements == 0 ||
	    m.elements > MAPLE_NODE_MAX / sizeof(uint64_t) ||
	    m.offset + m.elements * sizeof(uint64_t) > MAPLE_NODE_MAX)
		return false;
	*ret = m.offset;
	*ret_count = m.elements;
	return true;
}

static bool kind_layout(struct types *t, struct maple_layout *ret, enum maple_kind kind)
{
	static const struct {
		const char *type, *slots, *pivots;
	} names[MAPLE_KINDS] = {
		[MAPLE_DENSE] = { "maple_dense", "maple_node.slot", NULL },
		[MAPLE_LEAF] = { "maple_leaf_64", "maple_range_64.slot", "maple_range_64.pivot" },
		[MAPLE_RANGE] = { "maple_range_64", "maple_range_64.slot", "maple_range_64.pivot" },
		[MAPLE_ARANGE] = { "maple_arange_64", "maple_arange_64.slot",
				   "maple_arange_64.pivot" },
	};
	__typeof__(&ret->kind[0]) k = &ret->kind[kind];
	int64_t type;

	if (!types_enumerator(t, names[kind].type, &type) || type < 0 || type > 15 ||
	    !array_at(t, names[kind].slots, &k->slots, &k->slot_count) ||
	    (names[kind].pivots && !array_at(t, names[kind].pivots, &k->pivots, &k->pivot_count)))
		return false;
	k->type = type;
	return true;
}

int maple_layout(struct types *t, struct maple_layout *ret, struct error *e)
{
	struct type_member root, flags;
	struct maple_layout l;
	bool known;

	if (!types_has(t, "maple_tree"))
		return error_set(e, -ENOENT, "this kernel has no maple trees");
	known = types_member(t, "maple_tree.ma_root", &root) &&
		types_member(t, "maple_tree.ma_flags", &flags);
	for (unsigned kind = 0; known && kind < MAPLE_KINDS; kind++)
		known = kind_layout(t, &l, kind);
	if (!known)
		return error_set(e, -EINVAL,
				 "maple trees are built in a way that is not known here");
	l.root = root.offset;
	l.flags = flags.offset;
	*ret = l;
	return 0;
}

static bool find_kind(const struct maple_layout *l, uint64_t entry, enum maple_kind *ret)
{
	for (unsigned kind = 0; kind < MAPLE_KINDS; kind++)
		if (l->kind[kind].type == TYPE(entry)) {
			*ret = kind;
			return true;
		}
	return false;
}

/* The node that an entry leads to, in a slot of the one above it. */
static bool read_node(struct walk *w, uint64_t entry, const struct node *above, unsigned slot,
		      struct node *ret)
{
	uint64_t parent;

	ret->addr = entry & ~NODE_MASK;
	if (!find_kind(w->layout, entry, &ret->kind)) {
		tree_damage(&w->tree, -EINVAL, "%" PRIx64 " leads to a node of no known type",
			    entry);
		return false;
	}
	if (!tree_read(&w->tree, ret->addr, ret->bytes, sizeof(ret->bytes)))
		return false;
	parent = le64_get(ret->bytes);
	if (above && (ret->addr == w->start || (parent & ~NODE_MASK) != above->addr ||
		      PARENT_SLOT(parent) != slot)) {
		tree_damage(&w->tree, -ELOOP,
			    "%" PRIx64 " is in slot %u of %" PRIx64 " and calls another its parent",
			    ret->addr, slot, above->addr);
		return false;
	}
	return true;
}

/* The last index of a slot: what its pivot says, or the node's own last one where none is set. */
static uint64_t slot_last(const struct walk *w, const struct node *n, unsigned slot, uint64_t first)
{
	__typeof__(&w->layout->kind[0]) k = &w->layout->kind[n->kind];
	uint64_t pivot = 0;

	if (n->kind == MAPLE_DENSE)
		return slot + 1 < k->slot_count ? first : n->last;
	if (slot < k->pivot_count)
		pivot = le64_get(n->bytes + k->pivots + sizeof(uint64_t) * slot);
	if (slot >= k->pivot_count || (slot > 0 && pivot == 0))
		return n->last;
	return pivot;
}

static int tell(struct walk *w, uint64_t first, uint64_t last, uint64_t entry)
{
	if (!w->what->empty && (!entry || (INTERNAL(entry) && entry <= ENTRIES_UP_TO)))
		return 0;
	return tree_tell(&w->tree, first, last, entry);
}

static int walk_node(struct walk *w, struct node *n);

static int walk_slot(struct walk *w, const struct node *n, unsigned slot, uint64_t first,
		     uint64_t last)
{
	const uint64_t slots = w->layout->kind[n->kind].slots;
	const uint64_t entry = le64_get(n->bytes + slots + sizeof(uint64_t) * slot);
	struct node below = { .first = first, .last = last };

	if (n->kind == MAPLE_DENSE || n->kind == MAPLE_LEAF)
		return tell(w, first, last, entry);
	if (!entry && last == n->last)
		return 0;
	return read_node(w, entry, n, slot, &below) ? walk_node(w, &below) : 0;
}

static int walk_node(struct walk *w, struct node *n)
{
	const struct maple_node told = { n->addr, n->first, n->last,
					 n->kind, n->bytes, &w->tree.path };
	uint64_t first = n->first;
	int err = w->what->node ? w->what->node(w->what->user, &told) : 0;

	for (unsigned slot = 0; err == 0 && slot < w->layout->kind[n->kind].slot_count; slot++) {
		uint64_t last = slot_last(w, n, slot, first);

		if (last < first || last > n->last) {
			tree_damage(&w->tree, -EINVAL, "%" PRIx64 ": pivot %u is out of order",
				    n->addr, slot);
			break;
		}
		if (!tree_down(&w->tree, slot, DEPTH_LIMIT))
			break;
		err = walk_slot(w, n, slot, first, last);
		tree_up(&w->tree);
		if (last == n->last)
			break;
		first = last + 1;
	}
	return err;
}

int maple_walk(const struct kernel_memory *m, const struct maple_layout *l, uint64_t root,
	       const struct maple_walk *what, struct error *e)
{
	struct walk w = { .tree = { .memory = *m, .emit = what->entry, .user = what->user },
			  .layout = l,
			  .what = what,
			  .start = root & ~NODE_MASK };
	struct node n = { .last = UINT64_MAX };
	int err = 0;

	/* A slot's entry has no tag; ma_root of a tree that has no node is the one entry itself. */
	if (root > ENTRIES_UP_TO && (INTERNAL(root) || (root & 7) == 4))
		err = read_node(&w, root, NULL, 0, &n) ? walk_node(&w, &n) : 0;
	else if (root)
		err = tell(&w, 0, 0, root);
	return tree_end(&w.tree, err, e);
}

int maple_each(const struct object_source *s, uint64_t addr, tree_emit emit, void *user,
	       struct error *e)
{
	const struct kernel_memory m = tree_memory(s->reader);
	const struct maple_walk what = { .entry = emit, .user = user };
	struct maple_layout l;
	uint8_t bytes[8];
	int err = maple_layout(s->types, &l, e);

	if (err < 0)
		return err;
	err = kernel_read(s->reader, addr + l.root, bytes, sizeof(bytes), NULL);
	if (err < 0)
		return kernel_read_error(addr, err, e);
	return maple_walk(&m, &l, le64_get(bytes), &what, e);
}
