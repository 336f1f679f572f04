/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/type_print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DECLARATOR_SIZE 1024
#define DEPTH 16 /* of anonymous structs in one another, and of functions as parameters */
#define INDENT 4

struct printer {
	const struct btf *btf;
	struct type_style style;
	struct buf *out;
};

/* What stands around a name in C: built from the name outward. */
struct declarator {
	char text[DECLARATOR_SIZE];
	bool pointer; /* the last thing added was a `*`: arrays and functions need parentheses */
};

static int declare(struct printer *p, uint32_t id, struct declarator *d, unsigned indent,
		   uint64_t base, unsigned depth);
static int print_body(struct printer *p, const struct btf_type *t, unsigned indent, uint64_t base,
		      unsigned depth);

static void before(struct declarator *d, const char *text)
{
	char was[DECLARATOR_SIZE];

	memcpy(was, d->text, sizeof(was));
	snprintf(d->text, sizeof(d->text), "%s%.*s", text,
		 (int)(sizeof(d->text) - 1 - strlen(text)), was);
}

static void after(struct declarator *d, const char *text)
{
	size_t len;

	if (d->pointer) {
		before(d, "(");
		len = strlen(d->text);
		snprintf(d->text + len, sizeof(d->text) - len, ")");
		d->pointer = false;
	}
	len = strlen(d->text);
	snprintf(d->text + len, sizeof(d->text) - len, "%s", text);
}

static int add_parameters(struct printer *p, const struct btf_type *t, struct declarator *d,
			  unsigned depth)
{
	_cleanup_buf_ struct buf list = { 0 };
	struct printer inner = { .btf = p->btf, .out = &list };
	int err = buf_printf(&list, "(");

	for (uint32_t i = 0; err == 0 && i < t->count; i++) {
		struct declarator none = { 0 };
		const char *name;
		uint32_t type;

		if (!btf_parameter(p->btf, t, i, &name, &type))
			return -EINVAL;
		if (i > 0)
			err = buf_printf(&list, ", ");
		if (err == 0 && type == 0 && i + 1 == t->count)
			err = buf_printf(&list, "...");
		else if (err == 0)
			err = declare(&inner, type, &none, 0, 0, depth + 1);
	}
	if (err == 0)
		err = buf_printf(&list, t->count == 0 ? "void)" : ")");
	if (err == 0)
		after(d, list.data);
	return err;
}

/* Compilers write the long form, gdb and crash the short one. */
static const char *base_name(const char *name)
{
	static const struct {
		const char *longer, *shorter;
	} names[] = {
		{ "long unsigned int", "unsigned long" },
		{ "long int", "long" },
		{ "short unsigned int", "unsigned short" },
		{ "short int", "short" },
		{ "long long unsigned int", "unsigned long long" },
		{ "long long int", "long long" },
		{ "_Bool", "bool" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i].longer, name) == 0)
			return names[i].shorter;
	return *name ? name : "?";
}

/* In one line, as gdb and crash have it; a value is shown where it is not the one before and one. */
static int print_enum_inside(struct printer *p, const struct btf_type *t)
{
	int err = buf_printf(p->out, "{");
	int64_t next = 0;

	for (uint32_t i = 0; err == 0 && i < t->count; i++) {
		const char *name;
		int64_t value;

		if (!btf_enumerator(p->btf, t, i, &name, &value))
			return -EINVAL;
		err = buf_printf(p->out, "%s%s", i ? ", " : "", name);
		if (err == 0 && value != next)
			err = buf_printf(p->out, " = %" PRId64, value);
		next = (int64_t)((uint64_t)value + 1);
	}
	return err == 0 ? buf_printf(p->out, "}") : err;
}

/* The word before a name: "struct x", with its members where it has no name. */
static int print_tag(struct printer *p, const struct btf_type *t, unsigned indent, uint64_t base,
		     unsigned depth)
{
	static const char *const words[BTF_KINDS] = {
		[BTF_STRUCT] = "struct", [BTF_UNION] = "union", [BTF_ENUM] = "enum",
		[BTF_ENUM64] = "enum",	 [BTF_FWD] = "struct",
	};
	const char *word = t->kind == BTF_FWD && t->flag ? "union" : words[t->kind];
	int err;

	if (!word)
		return buf_printf(p->out, "%s", base_name(t->name));
	if (*t->name)
		return buf_printf(p->out, "%s %s", word, t->name);
	err = buf_printf(p->out, "%s ", word);
	if (err == 0 && (indent > 0 || depth > 0) && (BTF_BIT(t->kind) & BTF_ENUMS))
		return print_enum_inside(p, t);
	if (err == 0)
		err = depth >= DEPTH ? buf_printf(p->out, "{...}")
				     : print_body(p, t, indent, base, depth + 1);
	return err;
}

static int finish(struct printer *p, const struct declarator *d)
{
	return *d->text ? buf_printf(p->out, " %s", d->text) : 0;
}

/* Follows the type from the name to its base, then writes base and declarator. */
static int declare(struct printer *p, uint32_t id, struct declarator *d, unsigned indent,
		   uint64_t base, unsigned depth)
{
	bool is_const = false, is_volatile = false;

	for (unsigned i = 0; i < BTF_DEPTH && depth < DEPTH; i++) {
		struct btf_type t;
		uint32_t element, count;
		char text[24];
		int err = 0;

		if (!btf_get(p->btf, id, &t))
			return -EINVAL;
		id = t.type;
		if (t.kind == BTF_CONST) {
			is_const = true;
		} else if (t.kind == BTF_VOLATILE) {
			is_volatile = true;
		} else if (t.kind == BTF_PTR) {
			before(d, is_const && is_volatile ? "* const volatile "
				  : is_const		  ? "* const "
				  : is_volatile		  ? "* volatile "
							  : "*");
			is_const = is_volatile = false;
			d->pointer = true;
		} else if (btf_array(&t, &element, &count)) {
			snprintf(text, sizeof(text), "[%u]", count);
			after(d, count ? text : "[]");
			id = element;
		} else if (t.kind == BTF_FUNC_PROTO) {
			err = add_parameters(p, &t, d, depth);
		} else if (t.kind != BTF_TYPE_TAG && t.kind != BTF_RESTRICT) {
			err = buf_printf(p->out, "%s%s", is_const ? "const " : "",
					 is_volatile ? "volatile " : "");
			if (err == 0)
				err = print_tag(p, &t, indent, base, depth);
			return err == 0 ? finish(p, d) : err;
		}
		if (err < 0)
			return err;
	}
	return buf_printf(p->out, "...%s", d->text);
}

static int print_number(struct printer *p, const char *before_it, uint64_t v, const char *after_it)
{
	return p->style.hex ? buf_printf(p->out, "%s0x%" PRIx64 "%s", before_it, v, after_it)
			    : buf_printf(p->out, "%s%" PRIu64 "%s", before_it, v, after_it);
}

static int print_member(struct printer *p, const struct btf_member *m, unsigned indent,
			uint64_t base, unsigned depth)
{
	struct declarator d = { 0 };
	uint64_t offset = base + m->bit_offset / 8;
	int err;

	snprintf(d.text, sizeof(d.text), "%s", m->name);
	if (p->style.offsets) {
		err = buf_printf(p->out, "%*s", (int)indent - 2, "");
		if (err == 0)
			err = print_number(p, " [", offset, "] ");
	} else {
		err = buf_printf(p->out, "%*s", (int)indent, "");
	}
	if (err == 0)
		err = declare(p, m->type, &d, indent, offset, depth);
	if (err == 0 && m->bit_size)
		err = buf_printf(p->out, " : %u", m->bit_size);
	return err == 0 ? buf_printf(p->out, ";\n") : err;
}

static int print_enumerators(struct printer *p, const struct btf_type *t, unsigned indent)
{
	int err = 0;

	for (uint32_t i = 0; err == 0 && i < t->count; i++) {
		const char *name;
		int64_t value;

		if (!btf_enumerator(p->btf, t, i, &name, &value))
			return -EINVAL;
		err = buf_printf(p->out, "%*s%s = %" PRId64 "%s\n", (int)indent, "", name, value,
				 i + 1 < t->count ? "," : "");
	}
	return err;
}

static int print_body(struct printer *p, const struct btf_type *t, unsigned indent, uint64_t base,
		      unsigned depth)
{
	int err = buf_printf(p->out, "{\n");

	if (err == 0 && (BTF_BIT(t->kind) & BTF_ENUMS))
		err = print_enumerators(p, t, indent + INDENT);
	for (uint32_t i = 0; err == 0 && (BTF_BIT(t->kind) & BTF_STRUCTS) && i < t->count; i++) {
		struct btf_member m;

		if (!btf_member(p->btf, t, i, &m))
			return -EINVAL;
		err = print_member(p, &m, indent + INDENT, base, depth);
	}
	return err == 0 ? buf_printf(p->out, "%*s}", (int)indent, "") : err;
}

static int print_one(struct printer *p, struct type type, const char *path)
{
	struct type_member m;
	int err;

	if (!type_member_find(type, path, &m))
		return -ENOENT;
	err = buf_printf(p->out, "{\n");
	if (err == 0)
		err = print_number(p, "  [", m.offset, "] ");
	if (err == 0)
		err = type_declare(m.type, path, p->out);
	if (err == 0 && m.bit_size)
		err = buf_printf(p->out, " : %u", m.bit_size);
	return err == 0 ? buf_printf(p->out, ";\n}") : err;
}

int type_print(struct type type, const char *member, const struct type_style *style,
	       struct buf *ret)
{
	struct printer p = { .btf = type.btf, .style = *style, .out = ret };
	struct declarator none = { 0 };
	struct btf_type t;
	uint64_t size;
	uint32_t id;
	int err;

	if (!btf_resolve(type.btf, type.id, &id, &t))
		return -EINVAL;
	if (BTF_BIT(t.kind) & (BTF_STRUCTS | BTF_ENUMS)) {
		err = print_tag(&p, &t, 0, 0, 0);
		if (err == 0 && *t.name)
			err = buf_printf(ret, " ");
		if (err == 0 && *t.name)
			err = member ? print_one(&p, type, member) : print_body(&p, &t, 0, 0, 0);
	} else {
		err = declare(&p, id, &none, 0, 0, 0);
	}
	if (err == 0)
		err = buf_printf(ret, "\n");
	if (err == 0 && btf_size(type.btf, type.id, &size))
		err = print_number(&p, "SIZE: ", size, "\n");
	return err;
}

int type_declare(struct type type, const char *name, struct buf *ret)
{
	struct printer p = { .btf = type.btf, .out = ret };
	struct declarator d = { 0 };

	snprintf(d.text, sizeof(d.text), "%s", name);
	return declare(&p, type.id, &d, 0, 0, 0);
}
