/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/command.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>

#include "inspect/members.h"
#include "kernel/list.h"

/* -H: a head apart from the things; -h: a head inside one; neither: each thing points to the next. */
enum form { CHAIN, HEAD_APART, HEAD_INSIDE };

struct options {
	enum form form;
	bool reverse, ends, has_struct, has_head_offset;
	uint64_t offset, head_offset, link, end;
	struct members members;
};

/* Nodes first, output then: a circle is told once, not as often as it takes to be found. */
struct nodes {
	const struct options *o;
	uint64_t *list;
	size_t count, size;
};

#define STOP 1

static int add(struct nodes *n, uint64_t node)
{
	if (n->count == n->size) {
		size_t size = MAX(2 * n->size, (size_t)512);
		uint64_t *list = reallocarray(n->list, size, sizeof(*list));

		if (!list)
			return -ENOMEM;
		n->list = list;
		n->size = size;
	}
	n->list[n->count++] = node;
	return 0;
}

static int on_node(void *user, uint64_t node)
{
	struct nodes *n = user;

	if (n->o->ends && node == n->o->end)
		return STOP;
	/* A chain ends too where it comes back to what the start pointed at, or where one points to itself. */
	if (n->o->form == CHAIN && n->count > 1 &&
	    (node == n->list[1] || node == n->list[n->count - 1]))
		return STOP;
	return add(n, node);
}

/* The walk ran in a circle: leaves each node once. *ret_again is the one that would have come twice. */
static void cut_circle(struct nodes *n, uint64_t hit, uint64_t *ret_again)
{
	size_t length = 1, keep = n->count;

	while (length < n->count && n->list[n->count - length] != hit)
		length++;
	while (keep > length && n->list[keep - 1] == n->list[keep - 1 - length])
		keep--;
	*ret_again = keep >= length ? n->list[keep - length] : hit;
	n->count = keep;
}

static int collect(struct inspect *c, const struct options *o, uint64_t start, struct nodes *n,
		   struct error *e)
{
	const uint64_t next = o->reverse ? sizeof(uint64_t) : 0;
	uint64_t head = start, hit, again;
	int err = 0;

	if (o->form == HEAD_INSIDE)
		head += o->has_head_offset ? o->head_offset : o->offset;
	/* Of heads inside, the first thing is the one that was named; of one of another type there is no such thing. */
	if (o->form == CHAIN || (o->form == HEAD_INSIDE && !o->has_head_offset))
		err = add(n, head);
	if (err == 0)
		err = list_each(c->reader, head, (o->form == CHAIN ? o->offset : 0) + next, on_node,
				n, e);
	if (err == -ENOMEM)
		return error_errno(e, err, "the list");
	if (err == -ELOOP && n->count > 0 &&
	    inspect_number(c, n->list[n->count - 1] + (o->form == CHAIN ? o->offset : 0) + next,
			   sizeof(hit), &hit, NULL) == 0) {
		cut_circle(n, hit, &again);
		if (o->form == CHAIN && n->count > 1 &&
		    (again == n->list[1] || again == n->list[n->count - 1]))
			return 0;
		return error_set(e, err, "duplicate list entry: %" PRIx64,
				 o->form == CHAIN ? again : again - o->offset);
	}
	/* A start that cannot be read is none. */
	if (err < 0 && o->form == CHAIN && n->count == 1)
		n->count = 0;
	return err == STOP ? 0 : err;
}

static int show(struct inspect *c, const struct options *o, const struct nodes *n, struct json *j,
		struct error *e)
{
	for (size_t i = 0; i < n->count; i++) {
		const uint64_t addr = n->list[i] - (o->form == CHAIN ? 0 : o->offset);
		int err = 0;

		if (c->json) {
			json_object(j);
			json_put_hex(j, "address", addr);
		} else {
			fprintf(c->out, "%" PRIx64 "\n", addr);
		}
		if (o->has_struct)
			err = members_show(&o->members, addr - o->link, j, e);
		if (c->json)
			json_object_end(j);
		if (err < 0)
			return err;
	}
	if (n->count == 0 && !c->json)
		fputs("(empty)\n", c->out);
	return 0;
}

static int show_json(struct inspect *c, const struct options *o, const struct nodes *n,
		     const struct error *damage, struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;
	int err, ended;

	inspect_json_begin(c, &j, &buf, "list");
	json_put_array(&j, "entries");
	err = show(c, o, n, &j, e);
	json_array_end(&j);
	json_put_uint(&j, "count", n->count);
	json_put_string(&j, "damage", damage->code ? error_text(damage) : NULL);
	ended = inspect_json_end(c, &j, e);
	return err < 0 ? err : ended;
}

/* An offset and a start in any order, as crash takes them: a start is a symbol or an address. */
static int take_words(struct inspect *c, int count, char **words, struct options *o,
		      uint64_t *ret_start, struct error *e)
{
	bool started = false, offset = false;
	uint64_t value;
	int err;

	for (int i = 0; i < count; i++) {
		if (!offset && members_offset(c, words[i], &value, NULL) == 0 && value >> 63 == 0 &&
		    (count > 1 || started)) {
			o->offset = value;
			offset = true;
			continue;
		}
		if (started)
			return error_set(e, -EINVAL, "%s: there is a start already", words[i]);
		err = inspect_address(c, words[i], ret_start, e);
		if (err < 0)
			return err;
		started = true;
	}
	return started ? 0 : error_set(e, -EINVAL, "where does the list start?");
}

static int take_option(struct inspect *c, int opt, struct options *o, const char **ret_struct,
		       struct error *e)
{
	switch (opt) {
	case 'H':
		o->form = HEAD_APART;
		return 0;
	case 'h':
		o->form = HEAD_INSIDE;
		return 0;
	case 'O':
		o->has_head_offset = true;
		return members_offset(c, optarg, &o->head_offset, e);
	case 'o':
		return members_offset(c, optarg, &o->offset, e);
	case 'l':
		return members_offset(c, optarg, &o->link, e);
	case 'e':
		o->ends = true;
		return inspect_address(c, optarg, &o->end, e);
	case 's':
	case 'S':
		*ret_struct = optarg;
		o->has_struct = true;
		o->members.plain = opt == 'S';
		return 0;
	case 'r':
		o->reverse = true;
		return 0;
	case 'B': /* how crash finds circles; here they are always found so */
		return 0;
	default: /* x, d */
		o->members.hex = opt == 'x';
		return 0;
	}
}

static int parse(struct inspect *c, int argc, char **argv, struct options *o, uint64_t *ret_start,
		 struct error *e)
{
	const char *words = NULL;
	int opt, err;

	while ((opt = getopt(argc, argv, "HhO:o:l:e:s:S:rBxd")) != -1) {
		if (opt == '?')
			return inspect_bad_option(argc, argv, e);
		err = take_option(c, opt, o, &words, e);
		if (err < 0)
			return err;
	}
	if (words) {
		err = members_parse(c, words, &o->members, e);
		if (err < 0)
			return err;
	}
	return take_words(c, argc - optind, argv + optind, o, ret_start, e);
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct options o = { .form = CHAIN };
	struct nodes n = { .o = &o };
	struct error damage = { 0 };
	uint64_t start;
	int err = parse(c, argc, argv, &o, &start, e), shown;

	if (err < 0)
		return err;
	err = collect(c, &o, start, &n, &damage);
	if (c->json)
		shown = show_json(c, &o, &n, &damage, e);
	else
		shown = err < 0 && n.count == 0 ? 0 : show(c, &o, &n, NULL, e);
	free(n.list);
	if (shown < 0)
		return shown;
	return err < 0 ? error_set(e, err, "%s", error_text(&damage)) : 0;
}

const struct inspect_command inspect_list = {
	.name = "list",
	.usage = "[[-o] offset] [-e end] [-s | -S struct[.member,…]] [-l offset] [-x | -d] [-r] "
		 "[-B] "
		 "[-h [-O offset] | -H] start",
	.summary = "a linked list",
	.details = "  start    of what points to the next: an address or a symbol\n"
		   "  -H       start is a list_head apart from the things in the list\n"
		   "  -h       start is a thing that has a list_head in it; -O offset: another "
		   "type's, at that\n"
		   "           offset\n"
		   "  -o       where in a thing the pointer to the next is: bytes or "
		   "struct.member; -o may be\n"
		   "           left away\n"
		   "  -e end   stop before this address\n"
		   "  -s, -S   show each as this struct, or these members of it; -S numbers and "
		   "text alone\n"
		   "  -l       with -s: start is in the thing, so far from its beginning\n"
		   "  -r       backward, by the second pointer\n"
		   "  -B       as crash's, which then finds circles in another way\n"
		   "  -x, -d   numbers are hexadecimal, decimal\n",
	.run = run,
};
