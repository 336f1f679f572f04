/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/xarray.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"

#define TAGS UINT64_C(3)
#define INTERNAL UINT64_C(2) /* xa_mk_internal() */
#define RADIX_INTERNAL UINT64_C(1)
#define NODES_FROM UINT64_C(4096) /* internal entries up to here are siblings and marks */
#define DEPTH_LIMIT 16		  /* 64 bits, 4 a level at least */

struct walk {
	struct tree_walk tree;
	const struct xarray_layout *layout;
};

struct node {
	uint64_t addr, first; /* the index of slot 0 */
	unsigned shift;
	uint8_t bytes[XARRAY_NODE_MAX];
};

static bool member_at(struct types *t, const char *path, uint64_t *ret)
{
	struct type_member m;

	if (!types_member(t, path, &m) || m.offset + m.size > XARRAY_NODE_MAX)
		return false;
	*ret = m.offset;
	return true;
}

static bool node_layout(struct types *t, const char *name, struct xarray_layout *ret)
{
	struct type_member slots;
	char path[64];

	snprintf(path, sizeof(path), "%s.slots", name);
	if (!types_size(t, name, &ret->size) || ret->size > XARRAY_NODE_MAX ||
	    !types_member(t, path, &slots) || slots.elements < 2 || slots.elements > 64 ||
	    slots.offset + 8 * slots.elements > ret->size ||
	    (slots.elements & (slots.elements - 1)))
		return false;
	ret->slots = slots.offset;
	ret->bits = __builtin_ctzll(slots.elements);
	snprintf(path, sizeof(path), "%s.shift", name);
	if (!member_at(t, path, &ret->shift))
		return false;
	snprintf(path, sizeof(path), "%s.offset", name);
	if (!member_at(t, path, &ret->offset))
		return false;
	snprintf(path, sizeof(path), "%s.parent", name);
	return member_at(t, path, &ret->parent);
}

int xarray_layout(struct types *t, struct xarray_layout *ret, struct error *e)
{
	const bool radix = !types_has(t, "xa_node");
	struct xarray_layout l = { .radix = radix };

	if (!types_has(t, radix ? "radix_tree_node" : "xa_node"))
		return error_set(e, -ENOENT, "neither xa_node nor radix_tree_node in the dump");
	if (!node_layout(t, radix ? "radix_tree_node" : "xa_node", &l) ||
	    !member_at(t, radix ? "radix_tree_root.rnode" : "xarray.xa_head", &l.head))
		return error_set(e, -EINVAL, "xarrays are built in a way that is not known here");
	*ret = l;
	return 0;
}

static bool is_node(const struct xarray_layout *l, uint64_t entry)
{
	if (l->radix)
		return (entry & TAGS) == RADIX_INTERNAL;
	return (entry & TAGS) == INTERNAL && entry > NODES_FROM;
}

bool xarray_value(const struct xarray_layout *l, uint64_t entry, uint64_t *ret)
{
	if (l->radix ? (entry & TAGS) != 2 : !(entry & 1))
		return false;
	*ret = entry >> (l->radix ? 2 : 1);
	return true;
}

/* Does the entry in a slot only repeat that of an earlier slot? */
static bool is_sibling(const struct xarray_layout *l, const struct node *n, uint64_t entry)
{
	const uint64_t slots = UINT64_C(1) << l->bits;

	if (l->radix) {
		uint64_t at = (entry & ~TAGS) - n->addr - l->slots;

		return (entry & TAGS) == RADIX_INTERNAL && at < slots * 8;
	}
	return (entry & TAGS) == INTERNAL && entry >> 2 < slots;
}

/* Neither a pointer nor a number: room that is reserved, or a walk that must begin again. */
static bool is_mark(const struct xarray_layout *l, uint64_t entry)
{
	return !l->radix && (entry & TAGS) == INTERNAL && entry <= NODES_FROM;
}

static bool read_node(struct walk *w, uint64_t addr, const struct node *above, unsigned slot,
		      struct node *ret)
{
	const struct xarray_layout *l = w->layout;

	if (!tree_read(&w->tree, addr, ret->bytes, l->size))
		return false;
	ret->addr = addr;
	ret->shift = ret->bytes[l->shift];
	if (ret->shift % l->bits != 0 || ret->shift >= 64 ||
	    (above && ret->shift + l->bits != above->shift)) {
		tree_damage(&w->tree, -EINVAL, "%" PRIx64 " is no node of this tree", addr);
		return false;
	}
	if (above &&
	    (le64_get(ret->bytes + l->parent) != above->addr || ret->bytes[l->offset] != slot)) {
		tree_damage(&w->tree, -ELOOP,
			    "%" PRIx64 " is in slot %u of %" PRIx64 " and calls another its parent",
			    addr, slot, above->addr);
		return false;
	}
	ret->first = above ? above->first + ((uint64_t)slot << above->shift) : 0;
	return true;
}

static int walk_node(struct walk *w, uint64_t entry, const struct node *above, unsigned slot);

static uint64_t slot_entry(const struct walk *w, const struct node *n, unsigned slot)
{
	return le64_get(n->bytes + w->layout->slots + (size_t)8 * slot);
}

static int walk_slot(struct walk *w, const struct node *n, unsigned slot)
{
	const struct xarray_layout *l = w->layout;
	const uint64_t entry = slot_entry(w, n, slot);
	const uint64_t first = n->first + ((uint64_t)slot << n->shift);
	unsigned next = slot + 1;

	if (!entry || is_sibling(l, n, entry) || is_mark(l, entry))
		return 0;
	if (is_node(l, entry))
		return walk_node(w, entry, n, slot);
	while (next < 1U << l->bits && is_sibling(l, n, slot_entry(w, n, next)))
		next++;
	return tree_tell(&w->tree, first, first + ((uint64_t)(next - slot) << n->shift) - 1, entry);
}

/* The node that an entry leads to, which stands in a slot of the one above it. */
static int walk_node(struct walk *w, uint64_t entry, const struct node *above, unsigned slot)
{
	struct node n;
	int err = 0;

	if (!read_node(w, entry & ~TAGS, above, slot, &n))
		return 0;
	for (unsigned i = 0; err == 0 && i < 1U << w->layout->bits; i++) {
		if (!tree_down(&w->tree, i, DEPTH_LIMIT))
			return 0;
		err = walk_slot(w, &n, i);
		tree_up(&w->tree);
	}
	return err;
}

int xarray_walk(const struct kernel_memory *m, const struct xarray_layout *l, uint64_t entry,
		tree_emit emit, void *user, struct error *e)
{
	struct walk w = { .tree = { .memory = *m, .emit = emit, .user = user }, .layout = l };
	int err = 0;

	if (is_node(l, entry))
		err = walk_node(&w, entry, NULL, 0);
	else if (entry && !is_mark(l, entry))
		err = tree_tell(&w.tree, 0, 0, entry);
	return tree_end(&w.tree, err, e);
}

int xarray_each(const struct object_source *s, uint64_t addr, tree_emit emit, void *user,
		struct error *e)
{
	const struct kernel_memory m = tree_memory(s->reader);
	struct xarray_layout l;
	uint8_t bytes[8];
	int err = xarray_layout(s->types, &l, e);

	if (err < 0)
		return err;
	err = kernel_read(s->reader, addr + l.head, bytes, sizeof(bytes), NULL);
	if (err < 0)
		return kernel_read_error(addr, err, e);
	return xarray_walk(&m, &l, le64_get(bytes), emit, user, e);
}
