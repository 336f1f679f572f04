/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/evaluate.h"
#include "inspect/struct.h"
#include "kernel/type_print.h"

struct options {
	struct type_style style;
	bool has_size;
	uint64_t low, high;
	const char *member;
};

/* "struct x", "union x.y,z", "pid_t", "unsigned long": true where the words are a type. */
static bool find_type(struct types *types, char *text, struct type *ret, char **ret_members)
{
	const char *end;
	char *dot = strchr(text, '.');

	*ret_members = NULL;
	if (dot)
		*dot = '\0';
	if (types_find(types, text, ret) ||
	    (types_parse_anywhere(types, text, ret, &end) && !*end)) {
		*ret_members = dot ? dot + 1 : NULL;
		return true;
	}
	if (dot)
		*dot = '.';
	return false;
}

static int print_type(struct type type, char *members, const struct type_style *style,
		      struct buf *out, const char *text, struct error *e)
{
	char *rest = NULL;
	int err = 0;

	if (!members)
		err = type_print(type, NULL, style, out);
	for (char *word = members ? strtok_r(members, ",", &rest) : NULL; word && err == 0;
	     word = strtok_r(NULL, ",", &rest)) {
		err = type_print(type, word, style, out);
		if (err == -ENOENT)
			return error_set(e, err, "invalid data structure reference: %s.%s", text,
					 word);
	}
	return err < 0 ? error_errno(e, err, "%s", text) : 0;
}

/* "void schedule(void);": BTF's function has its name, its prototype none. */
static int declare_value(const struct value *v, const char *name, struct buf *out)
{
	int err = type_declare(v->type, name, out);

	return err == 0 ? buf_printf(out, *name ? ";\n" : "\n") : err;
}

static int enumerator_of(const struct btf *b, const char *name, struct btf_type *ret,
			 int64_t *ret_value)
{
	for (uint32_t id = btf_first(b); id <= btf_last(b); id++) {
		struct btf_type t;
		const char *each;

		if (!btf_get(b, id, &t) || !(BTF_BIT(t.kind) & BTF_ENUMS))
			continue;
		for (uint32_t i = 0; i < t.count; i++)
			if (btf_enumerator(b, &t, i, &each, ret_value) && strcmp(each, name) == 0) {
				*ret = t;
				return 0;
			}
	}
	return -ENOENT;
}

static int write_variable(struct inspect *c, const struct evaluated *v, const struct buf *out,
			  struct error *e)
{
	_cleanup_buf_ struct buf buf = { 0 };
	struct json j;

	if (!c->json)
		return struct_write(c, "whatis", out, e);
	inspect_json_begin(c, &j, &buf, "whatis");
	json_put_string(&j, "declaration", out->data);
	json_put_string(&j, "type_from", v->from);
	json_put_bool(&j, "per_cpu", v->percpu);
	if (v->value.in_memory)
		json_put_hex(&j, "address", v->value.addr);
	return inspect_json_end(c, &j, e);
}

static int print_expression(struct inspect *c, const char *text, struct error *e)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct evaluated v;
	struct btf_type t;
	int64_t n;
	int err;

	if (evaluate_is_name(text) && c->types &&
	    enumerator_of(types_vmlinux(c->types), text, &t, &n) == 0) {
		err = buf_printf(&out, "enum %s = %" PRId64 "\n", *t.name ? t.name : "{...}", n);
		return err < 0 ? error_errno(e, err, "%s", text)
			       : struct_write(c, "whatis", &out, e);
	}
	/* what a variable holds is asked of one CPU's */
	err = evaluate(c, text, 0, &v, e);
	if (err < 0)
		return err;
	if (btf_get(v.value.type.btf, v.value.type.id, &t) && t.kind == BTF_VOID)
		return error_set(e, -ENOENT, "%s: nothing in the dump says what type it has", text);
	err = declare_value(&v.value, evaluate_is_name(text) ? text : "", &out);
	return err < 0 ? error_errno(e, err, "%s", text) : write_variable(c, &v, &out, e);
}

struct found {
	const char *name;
	uint64_t size;
};

static int by_size(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->size != y->size ? (x->size > y->size) - (x->size < y->size)
				  : strcmp(x->name, y->name);
}

/* Does a member's type, or what it points to or is an array of, have that name? */
static bool has_member_of(const struct btf *b, const struct btf_type *t, const char *name,
			  unsigned depth)
{
	for (uint32_t i = 0; i < t->count; i++) {
		struct btf_member m;
		struct btf_type type;
		uint32_t id, element, count;

		if (!btf_member(b, t, i, &m))
			return false;
		id = m.type;
		for (unsigned n = 0; n < BTF_DEPTH && btf_get(b, id, &type); n++) {
			if (*type.name && strcmp(type.name, name) == 0)
				return true;
			if (btf_array(&type, &element, &count))
				id = element;
			else if (type.kind == BTF_PTR || type.kind == BTF_TYPEDEF ||
				 type.kind == BTF_CONST || type.kind == BTF_VOLATILE)
				id = type.type;
			else
				break;
		}
		if (!*m.name && depth > 0 && btf_resolve(b, id, &id, &type) &&
		    (BTF_BIT(type.kind) & BTF_STRUCTS) && has_member_of(b, &type, name, depth - 1))
			return true;
	}
	return false;
}

/* -r and -m: the types of vmlinux that fit. */
static int search(struct inspect *c, const struct options *o, struct error *e)
{
	struct column columns[] = {
		{ "size", "SIZE", COLUMN_UINT, 4 },
		{ "type", "TYPE", COLUMN_TEXT, 0 },
	};
	_cleanup_free_ struct found *found = NULL;
	struct inspect_rows rows;
	struct types *types;
	const struct btf *b;
	size_t count = 0;
	int err = inspect_types(c, &types, e);

	if (err < 0)
		return err;
	b = types_vmlinux(types);
	found = calloc((size_t)btf_last(b) + 1, sizeof(*found));
	if (!found)
		return error_errno(e, -ENOMEM, "types");
	for (uint32_t id = btf_first(b); id <= btf_last(b); id++) {
		struct btf_type t;
		uint64_t size;

		if (!btf_get(b, id, &t) || !(BTF_BIT(t.kind) & (BTF_STRUCTS | BTF_BIT(BTF_INT))) ||
		    !*t.name || !btf_size(b, id, &size))
			continue;
		if ((o->has_size && (size < o->low || size > o->high)) ||
		    (o->member && !has_member_of(b, &t, o->member, 8)))
			continue;
		found[count++] = (struct found){ t.name, size };
	}
	qsort(found, count, sizeof(*found), by_size);
	columns[0].width = MAX(4, count ? snprintf(NULL, 0, "%" PRIu64, found[count - 1].size) : 0);
	inspect_rows_begin(c, &rows, "whatis", "types", columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < count; i++)
		table_row(&rows.table,
			  (union cell[]){ { .n = found[i].size }, { .text = found[i].name } });
	return inspect_rows_end(c, &rows, e);
}

/* "16", "16-32" */
static int take_range(struct options *o, char *word, struct error *e)
{
	char *dash = strchr(word, '-');
	int err;

	if (dash)
		*dash = '\0';
	err = inspect_count(word, &o->low, e);
	o->high = o->low;
	if (err == 0 && dash)
		err = inspect_count(dash + 1, &o->high, e);
	o->has_size = true;
	return err;
}

static int run(struct inspect *c, int argc, char **argv, struct error *e)
{
	struct options o = { .style.hex = c->hex };
	_cleanup_free_ char *text = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct types *types;
	struct type type;
	char *members;
	int opt, err = 0;

	while (err == 0 && (opt = getopt(argc, argv, "+om:r:xd")) != -1) {
		switch (opt) {
		case 'o':
			o.style.offsets = true;
			break;
		case 'm':
			o.member = optarg;
			break;
		case 'r':
			err = take_range(&o, optarg, e);
			break;
		case 'x':
		case 'd':
			o.style.hex = opt == 'x';
			break;
		default:
			return inspect_bad_option(argc, argv, e);
		}
	}
	if (err < 0)
		return err;
	if (o.has_size || o.member)
		return search(c, &o, e);
	if (optind == argc)
		return error_set(e, -EINVAL, "what?");
	text = join_words(argc, argv, optind);
	if (!text)
		return error_errno(e, -ENOMEM, "words");
	err = inspect_types(c, &types, e);
	if (err < 0)
		return err;
	if (!find_type(types, text, &type, &members))
		return print_expression(c, text, e);
	err = print_type(type, members, &o.style, &out, text, e);
	return err < 0 ? err : struct_write(c, "whatis", &out, e);
}

const struct inspect_command inspect_whatis = {
	.name = "whatis",
	.usage = "[-o] [-x | -d] type | expression, or [-r size[-size]] [-m member]",
	.summary = "what a type or a variable is",
	.details = "  -o         with the members' offsets\n"
		   "  -x         numbers are hexadecimal; -d decimal\n"
		   "  -r size    all structs and unions of a size, or of a range of sizes\n"
		   "  -m member  those that have a member of that type\n",
	.run = run,
};
