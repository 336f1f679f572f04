/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "inspect/members.h"
#include "kernel/maple.h"
#include "kernel/rbtree.h"
#include "kernel/xarray.h"

enum kind { RBTREE, XARRAY, MAPLE };

struct options {
	enum kind kind;
	bool sorted, positions, whole, node, hex, has_struct;
	uint64_t root_offset, node_offset;
	struct members members;
};

struct walk {
	struct inspect *c;
	const struct options *o;
	struct maple_layout maple;
	uint64_t start;
	struct json *json;
	struct error *error;
	uint64_t count;
};

static void print_path(FILE *out, const struct tree_path *path, bool turns)
{
	fputs("root", out);
	for (unsigned i = 0; i < path->depth; i++) {
		if (turns)
			fprintf(out, "/%c", path->slot[i] ? 'r' : 'l');
		else
			fprintf(out, "/%u", path->slot[i]);
	}
}

static void print_position(struct walk *w, const struct tree_entry *entry)
{
	const bool turns = w->o->kind == RBTREE;

	if (turns)
		fputs("  position: ", w->c->out);
	else
		fprintf(w->c->out, "  index: %" PRIu64 "  position: ",
			w->o->kind == MAPLE ? w->count : entry->first);
	print_path(w->c->out, entry->path, turns);
	fputc('\n', w->c->out);
}

static void json_entry(struct walk *w, const struct tree_entry *entry, uint64_t addr)
{
	const struct tree_path *path = entry->path;
	char text[4 * TREE_DEPTH + 8];
	FILE *f = fmemopen(text, sizeof(text), "w");

	json_put_hex(w->json, "entry", addr);
	if (w->o->kind != RBTREE) {
		json_put_hex(w->json, "first", entry->first);
		json_put_hex(w->json, "last", entry->last);
	}
	if (f) {
		print_path(f, path, w->o->kind == RBTREE);
		fclose(f);
	}
	json_put_string(w->json, "position", f ? text : NULL);
}

static int on_entry(void *user, const struct tree_entry *entry)
{
	struct walk *w = user;
	const uint64_t addr = entry->value - (w->o->kind == RBTREE ? w->o->node_offset : 0);
	int err = 0;

	w->count++;
	if (w->json) {
		json_object(w->json);
		json_entry(w, entry, addr);
	} else {
		fprintf(w->c->out, "%" PRIx64 "\n", addr);
		if (w->o->positions)
			print_position(w, entry);
	}
	if (w->o->has_struct)
		err = members_show(&w->o->members, addr, w->json, w->error);
	if (w->json)
		json_object_end(w->json);
	return err;
}

/* ---- -v: all of a maple tree ---- */

static void indent(FILE *out, unsigned depth)
{
	fprintf(out, "%*s", 2 * (int)depth, "");
}

static void print_number(const struct walk *w, uint64_t n)
{
	if (w->o->hex)
		fprintf(w->c->out, "%" PRIx64, n);
	else
		fprintf(w->c->out, "%" PRIu64, n);
}

static void print_range(const struct walk *w, uint64_t first, uint64_t last)
{
	print_number(w, first);
	if (first != last) {
		fputc('-', w->c->out);
		print_number(w, last);
	}
	fputs(": ", w->c->out);
}

static int on_whole_entry(void *user, const struct tree_entry *entry)
{
	struct walk *w = user;

	indent(w->c->out, entry->path->depth);
	print_range(w, entry->first, entry->last);
	fprintf(w->c->out, "0x%" PRIx64 "\n", entry->value);
	return 0;
}

static void print_contents(struct walk *w, const struct maple_node *n)
{
	const __typeof__(w->maple.kind[0]) *k = &w->maple.kind[n->kind];
	const uint8_t *gaps = n->bytes + k->slots + sizeof(uint64_t) * k->slot_count;
	FILE *out = w->c->out;

	fputs("contents: ", out);
	if (n->kind == MAPLE_ARANGE) {
		for (unsigned i = 0; i < k->slot_count; i++)
			fprintf(out, "%" PRIu64 " ", le64_get(gaps + sizeof(uint64_t) * i));
		gaps += sizeof(uint64_t) * k->slot_count;
		fprintf(out, "| %02X %02X| ", gaps[0], gaps[1]);
	}
	for (unsigned i = 0; i < k->slot_count; i++) {
		uint64_t slot = le64_get(n->bytes + k->slots + sizeof(uint64_t) * i);

		fprintf(out, slot ? "%s0x%" PRIx64 : "%s(nil)", i ? " " : "", slot);
		if (i < k->pivot_count)
			fprintf(out, " %" PRIu64,
				le64_get(n->bytes + k->pivots + sizeof(uint64_t) * i));
	}
	fputc('\n', out);
}

static int on_whole_node(void *user, const struct maple_node *n)
{
	struct walk *w = user;
	FILE *out = w->c->out;

	indent(out, n->path->depth);
	print_range(w, n->first, n->last);
	fprintf(out, "node 0x%" PRIx64 " depth %u type %u parent 0x%" PRIx64 " ", n->addr,
		n->path->depth, w->maple.kind[n->kind].type, le64_get(n->bytes));
	print_contents(w, n);
	return 0;
}

/* The height is in bits 2 to 6 of the flags (MT_FLAGS_HEIGHT_MASK). */
static int print_whole_head(struct walk *w, uint64_t root, struct error *e)
{
	uint64_t flags;
	int err = inspect_number(w->c, w->start + w->maple.flags, 4, &flags, e);

	if (err < 0)
		return err;
	fprintf(w->c->out,
		"maple_tree(%" PRIx64 ") flags %" PRIX64 ", height %" PRIu64 " root 0x%" PRIx64
		"\n\n",
		w->start, flags, flags >> 2 & 0x1f, root);
	return 0;
}

static int walk_maple(struct walk *w, uint64_t addr, struct error *e)
{
	const struct kernel_memory m = tree_memory(w->c->reader);
	struct maple_walk what = { .entry = on_entry, .user = w };
	uint64_t root = addr;
	int err = maple_layout(w->c->types, &w->maple, e);

	if (err == 0 && !w->o->node)
		err = inspect_number(w->c, addr + w->maple.root, sizeof(root), &root, e);
	if (err == 0 && w->o->whole && !w->json) {
		what.entry = on_whole_entry;
		what.node = on_whole_node;
		what.empty = true;
		if (!w->o->node)
			err = print_whole_head(w, root, e);
	}
	return err < 0 ? err : maple_walk(&m, &w->maple, root, &what, e);
}

/* ---- the others ---- */

static int walk_xarray(struct walk *w, uint64_t addr, struct error *e)
{
	const struct kernel_memory m = tree_memory(w->c->reader);
	struct xarray_layout layout;
	uint64_t head = addr;
	int err = xarray_layout(w->c->types, &layout, e);

	if (err == 0 && !w->o->node)
		err = inspect_number(w->c, addr + layout.head, sizeof(head), &head, e);
	/* A node's bare address: as its parent's slot has it. */
	if (w->o->node && (head & 3) == 0)
		head |= layout.radix ? 1 : 2;
	return err < 0 ? err : xarray_walk(&m, &layout, head, on_entry, w, e);
}

static int walk_rbtree(struct walk *w, uint64_t addr, struct error *e)
{
	const struct kernel_memory m = tree_memory(w->c->reader);
	uint64_t node = addr;
	int err = 0;

	if (!w->o->node)
		err = inspect_number(w->c, addr, sizeof(node), &node, e);
	return err < 0 ? err
		       : rbtree_walk(&m, node, w->o->sorted ? RBTREE_SORTED : RBTREE_ROOT_FIRST,
				     on_entry, w, e);
}

static int walk_any(struct walk *w, struct error *e)
{
	static int (*const walks[])(struct walk *, uint64_t, struct error *) = {
		[RBTREE] = walk_rbtree,
		[XARRAY] = walk_xarray,
		[MAPLE] = walk_maple,
	};

	return walks[w->o->kind](w, w->start, e);
}

static int walk_json(struct walk *w, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct error damage = { 0 };
	struct json j;
	int err, ended;

	w->json = &j;
	inspect_json_begin(w->c, &j, &buf, "tree");
	json_put_array(&j, "entries");
	err = walk_any(w, &damage);
	json_array_end(&j);
	json_put_uint(&j, "count", w->count);
	json_put_string(&j, "damage", damage.code ? error_text(&damage) : NULL);
	ended = inspect_json_end(w->c, &j, e);
	if (ended < 0)
		return ended;
	return err < 0 ? error_set(e, err, "%s", error_text(&damage)) : 0;
}

/* ---- words ---- */

/* As crash: "rb" is enough for "rbtree". */
static int take_kind(const char *word, enum kind *ret, struct error *e)
{
	static const struct {
		const char *name;
		size_t least;
		enum kind kind;
	} kinds[] = {
		{ "rbtree", 2, RBTREE },
		{ "radix", 2, XARRAY },
		{ "xarray", 1, XARRAY },
		{ "maple", 1, MAPLE },
	};
	const size_t len = strlen(word);

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (len >= kinds[i].least && strncmp(kinds[i].name, word, len) == 0) {
			*ret = kinds[i].kind;
			return 0;
		}
	return error_set(e, -EINVAL, "%s is none of rbtree, radix, xarray and maple", word);
}

static int take_option(struct inspect *c, int opt, struct options *o, const char **ret_struct,
		       struct error *e)
{
	switch (opt) {
	case 't':
		return take_kind(optarg, &o->kind, e);
	case 'r':
		return members_offset(c, optarg, &o->root_offset, e);
	case 'o':
		return members_offset(c, optarg, &o->node_offset, e);
	case 's':
	case 'S':
		*ret_struct = optarg;
		o->has_struct = true;
		o->members.plain = opt == 'S';
		return 0;
	case 'l':
		o->sorted = true;
		return 0;
	case 'p':
		o->positions = true;
		return 0;
	case 'v':
		o->whole = true;
		return 0;
	case 'N':
		o->node = true;
		return 0;
	default: /* x, d */
		o->hex = opt == 'x';
		return 0;
	}
}

static int parse(struct inspect *c, int argc, char **argv, struct options *o, uint64_t *ret_start,
		 struct error *e)
{
	const char *words = NULL;
	int opt, err;

	while ((opt = getopt(argc, argv, "t:r:o:s:S:lpvNxd")) != -1) {
		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		err = take_option(c, opt, o, &words, e);
		if (err < 0)
			return err;
	}
	o->members.hex = o->hex;
	if (words) {
		err = members_parse(c, words, &o->members, e);
		if (err < 0)
			return err;
	}
	if (argc - optind != 1)
		return error_set(e, -EINVAL, "where does the tree start?");
	if (o->whole && o->kind != MAPLE)
		return error_set(e, -EINVAL, "-v is for maple trees");
	err = inspect_address(c, argv[optind], ret_start, e);
	if (err == 0)
		*ret_start += o->root_offset;
	return err;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct options o = { .kind = RBTREE };
	struct walk w = { .c = c, .o = &o, .error = e };
	struct types *types;
	int err = inspect_types(c, &types, e);

	if (err == 0)
		err = parse(c, argc, argv, &o, &w.start, e);
	if (err < 0)
		return err;
	return c->json ? walk_json(&w, e) : walk_any(&w, e);
}

const struct inspect_command inspect_tree = {
	.name = "tree",
	.usage = "[-t rbtree | radix | xarray | maple] [-r offset] [-o offset] "
		 "[-s | -S struct[.member,…]] [-x | -d] [-l] [-p] [-v] [-N] start",
	.summary = "a red-black tree, radix tree, xarray or maple tree",
	.details = "  -t       the tree's kind; rbtree without\n"
		   "  -r       where in the thing at start the root is: bytes or struct.member\n"
		   "  -o       of a red-black tree: where in a thing its rb_node is\n"
		   "  -N       start is a node, not a root; of a maple tree with its tag\n"
		   "  -s, -S   show each as this struct, or these members of it; -S numbers and "
		   "text alone\n"
		   "  -l       of a red-black tree: sorted; else a node comes before what is below "
		   "it\n"
		   "  -p       with the place in the tree\n"
		   "  -v       of a maple tree: the nodes and empty ranges too\n"
		   "  -x, -d   numbers are hexadecimal, decimal\n",
	.run = run,
};
