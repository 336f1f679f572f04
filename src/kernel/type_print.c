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
	int margin; /* columns that an offset takes, with the two blanks before it */
	struct buf *out;
};

/* Where a member is written, and what is counted from there. */
struct place {
	unsigned indent;
	uint64_t base; /* offset of the struct it is in */
	unsigned depth;
	bool silent; /* in a nameless struct that has a member's name: crash shows that member's offset alone */
	bool close; /* the brace that ends what is written out here has the member's offset, `base` */
};

static int start_line(struct printer *p, const struct place *at, bool has_offset, uint64_t offset);

/* What stands around a name in C: built from the name outward. */
struct declarator {
	char text[DECLARATOR_SIZE];
	bool pointer; /* the last thing added was a `*`: arrays and functions need parentheses */
};

static int declare(struct printer *p, uint32_t id, struct declarator *d, const struct place *at);
static int print_body(struct printer *p, const struct btf_type *t, const struct place *at);

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
	const struct place at = { .depth = depth + 1 };
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
			err = declare(&inner, type, &none, &at);
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
static int print_tag(struct printer *p, const struct btf_type *t, const struct place *at)
{
	static const char *const words[BTF_KINDS] = {
		[BTF_STRUCT] = "struct", [BTF_UNION] = "union", [BTF_ENUM] = "enum",
		[BTF_ENUM64] = "enum",	 [BTF_FWD] = "struct",
	};
	const char *word = t->kind == BTF_FWD && t->flag ? "union" : words[t->kind];
	struct place inner = *at;
	int err;

	if (!word)
		return buf_printf(p->out, "%s", base_name(t->name));
	if (*t->name)
		return buf_printf(p->out, "%s %s", word, t->name);
	inner.depth++;
	err = buf_printf(p->out, "%s ", word);
	if (err == 0 && (at->indent > 0 || at->depth > 0) && (BTF_BIT(t->kind) & BTF_ENUMS))
		return print_enum_inside(p, t);
	if (err == 0 && at->depth >= DEPTH)
		return buf_printf(p->out, "{...}");
	if (err == 0)
		err = print_body(p, t, &inner);
	inner.silent = at->silent && !at->close;
	if (err == 0)
		err = start_line(p, &inner, at->close, at->base);
	return err == 0 ? buf_printf(p->out, "}") : err;
}

static int finish(struct printer *p, const struct declarator *d)
{
	return *d->text ? buf_printf(p->out, " %s", d->text) : 0;
}

/* Follows the type from the name to its base, then writes base and declarator. */
static int declare(struct printer *p, uint32_t id, struct declarator *d, const struct place *at)
{
	bool is_const = false, is_volatile = false;

	for (unsigned i = 0; i < BTF_DEPTH && at->depth < DEPTH; i++) {
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
			err = add_parameters(p, &t, d, at->depth);
		} else if (t.kind != BTF_TYPE_TAG && t.kind != BTF_RESTRICT) {
			err = buf_printf(p->out, "%s%s", is_const ? "const " : "",
					 is_volatile ? "volatile " : "");
			if (err == 0)
				err = print_tag(p, &t, at);
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

/* Blanks up to where a member's line begins; in its place the offset where one is shown. */
static int start_line(struct printer *p, const struct place *at, bool has_offset, uint64_t offset)
{
	char text[40];

	if (!p->style.offsets)
		return buf_printf(p->out, "%*s", (int)at->indent, "");
	if (!has_offset || at->silent)
		return buf_printf(p->out, "%*s", p->margin + 1 + (int)at->indent - INDENT, "");
	if (p->style.placed)
		snprintf(text, sizeof(text), "  [%016" PRIx64 "]", p->style.address + offset);
	else
		snprintf(text, sizeof(text), p->style.hex ? "[0x%" PRIx64 "]" : "[%" PRIu64 "]",
			 offset);
	return buf_printf(p->out, "%*s %*s", p->margin, text, (int)at->indent - INDENT, "");
}

/* Is the type a struct or a union without a name, or pointers to or arrays of one: written out in its place? */
static bool is_written_out(const struct printer *p, uint32_t id)
{
	uint32_t element, count;
	struct btf_type t;

	for (unsigned i = 0; i < BTF_DEPTH && btf_get(p->btf, id, &t); i++) {
		if (BTF_BIT(t.kind) & BTF_STRUCTS)
			return !*t.name;
		if (btf_array(&t, &element, &count))
			id = element;
		else if (t.kind == BTF_PTR || t.kind == BTF_CONST || t.kind == BTF_VOLATILE)
			id = t.type;
		else
			return false;
	}
	return false;
}

static int print_member(struct printer *p, const struct btf_member *m, const struct place *at)
{
	const bool written_out = is_written_out(p, m->type);
	struct declarator d = { 0 };
	struct place inner = *at;
	uint64_t offset = at->base + m->bit_offset / 8;
	int err = start_line(p, at, !written_out, offset);

	snprintf(d.text, sizeof(d.text), "%s", m->name);
	inner.base = offset;
	inner.close = written_out && *m->name && !at->silent;
	inner.silent |= *m->name != '\0';
	if (err == 0)
		err = declare(p, m->type, &d, &inner);
	if (err == 0 && m->bit_size)
		err = buf_printf(p->out, " : %u", m->bit_size);
	return err == 0 ? buf_printf(p->out, ";\n") : err;
}

/* Of an enum by its name; crash has no commas there. */
static int print_enumerators(struct printer *p, const struct btf_type *t)
{
	int err = buf_printf(p->out, "{\n");

	for (uint32_t i = 0; err == 0 && i < t->count; i++) {
		const char *name;
		int64_t value;

		if (!btf_enumerator(p->btf, t, i, &name, &value))
			return -EINVAL;
		err = buf_printf(p->out, "  %s = %" PRId64 "\n", name, value);
	}
	return err == 0 ? buf_printf(p->out, "};\n") : err;
}

/* The members, without the brace that ends them. */
static int print_body(struct printer *p, const struct btf_type *t, const struct place *at)
{
	struct place inner = *at;
	int err = buf_printf(p->out, "{\n");

	inner.indent += INDENT;
	inner.close = false;
	for (uint32_t i = 0; err == 0 && i < t->count; i++) {
		struct btf_member m;

		if (!btf_member(p->btf, t, i, &m))
			return -EINVAL;
		err = print_member(p, &m, &inner);
	}
	return err;
}

/* Writes the line of the member of that name where it lies in this struct or its nameless ones. */
static int print_named(struct printer *p, const struct btf_type *t, const char *name,
		       const struct place *at)
{
	struct place inner = *at;

	inner.depth++;
	if (inner.depth >= DEPTH)
		return -ENOENT;
	for (uint32_t i = 0; i < t->count; i++) {
		struct btf_member m;
		struct btf_type sub;
		uint32_t id;
		int err;

		if (!btf_member(p->btf, t, i, &m))
			return -EINVAL;
		if (*m.name && strcmp(m.name, name) == 0)
			return print_member(p, &m, at);
		if (*m.name || !btf_resolve(p->btf, m.type, &id, &sub) ||
		    !(BTF_BIT(sub.kind) & BTF_STRUCTS))
			continue;
		inner.base = at->base + m.bit_offset / 8;
		inner.indent = at->indent + INDENT;
		err = print_named(p, &sub, name, &inner);
		if (err != -ENOENT)
			return err;
	}
	return -ENOENT;
}

static int print_one(struct printer *p, struct type type, const struct btf_type *t,
		     const char *path)
{
	struct place at = { .indent = INDENT };
	struct declarator d = { 0 };
	struct type_member m;
	int err;

	p->style.offsets = true;
	err = buf_printf(p->out, "{\n");
	if (err == 0 && !strpbrk(path, ".["))
		err = print_named(p, t, path, &at);
	else if (err == 0 && !type_member_find(type, path, &m))
		err = -ENOENT;
	else if (err == 0) {
		snprintf(d.text, sizeof(d.text), "%s", path);
		err = start_line(p, &at, true, m.offset);
		if (err == 0)
			err = declare(p, m.type.id, &d, &at);
		if (err == 0 && m.bit_size)
			err = buf_printf(p->out, " : %u", m.bit_size);
		if (err == 0)
			err = buf_printf(p->out, ";\n");
	}
	return err == 0 ? buf_printf(p->out, "}\n") : err;
}

/* Offsets stand to the right of as many columns as the size of the whole needs. */
static int margin_of(const struct type_style *style, uint64_t size)
{
	char text[40];

	return 4 + snprintf(text, sizeof(text), style->hex ? "0x%" PRIx64 : "%" PRIu64, size);
}

static int print_struct(struct printer *p, struct type type, const struct btf_type *t,
			const char *member)
{
	const struct place at = { 0 };
	int err = buf_printf(p->out, "%s ", t->kind == BTF_UNION ? "union" : "struct");

	if (err == 0 && *t->name)
		err = buf_printf(p->out, "%s ", t->name);
	if (err == 0 && member)
		return print_one(p, type, t, member);
	if (err == 0)
		err = print_body(p, t, &at);
	return err == 0 ? buf_printf(p->out, "}\n") : err;
}

/* "typedef int pid_t;", "typedef struct {…} atomic_t;" */
static int print_typedef(struct printer *p, const struct btf_type *t)
{
	const struct place at = { .depth = 1 };
	struct declarator d = { 0 };
	struct btf_type to;
	uint32_t id = t->type;
	int err = buf_printf(p->out, "typedef ");

	/* gdb goes through typedefs of typedefs */
	for (unsigned i = 0; i < BTF_DEPTH && btf_get(p->btf, id, &to) && to.kind == BTF_TYPEDEF;
	     i++)
		id = to.type;
	snprintf(d.text, sizeof(d.text), "%s", t->name);
	if (err == 0)
		err = declare(p, id, &d, &at);
	return err == 0 ? buf_printf(p->out, ";\n") : err;
}

int type_print(struct type type, const char *member, const struct type_style *style,
	       struct buf *ret)
{
	struct printer p = { .btf = type.btf, .style = *style, .out = ret };
	const struct place at = { 0 };
	struct declarator none = { 0 };
	struct btf_type t, own;
	uint64_t size = 0;
	bool has_size;
	uint32_t id;
	int err;

	if (!btf_get(type.btf, type.id, &own) || !btf_resolve(type.btf, type.id, &id, &t))
		return -EINVAL;
	has_size = btf_size(type.btf, type.id, &size);
	p.margin = margin_of(style, size);
	if (own.kind == BTF_TYPEDEF && !member) {
		err = print_typedef(&p, &own);
	} else if (BTF_BIT(t.kind) & BTF_STRUCTS) {
		err = print_struct(&p, type, &t, member);
	} else if ((BTF_BIT(t.kind) & BTF_ENUMS) && *t.name) {
		err = buf_printf(ret, "enum %s ", t.name);
		return err == 0 ? print_enumerators(&p, &t) : err;
	} else {
		err = declare(&p, type.id, &none, &at);
		if (err == 0)
			err = buf_printf(ret, "\n");
	}
	if (err == 0 && has_size && !member)
		err = print_number(&p, "SIZE: ", size, "\n");
	return err;
}

int type_declare(struct type type, const char *name, struct buf *ret)
{
	struct printer p = { .btf = type.btf, .out = ret };
	const struct place at = { .depth = 1 };
	struct declarator d = { 0 };

	snprintf(d.text, sizeof(d.text), "%s", name);
	return declare(&p, type.id, &d, &at);
}
