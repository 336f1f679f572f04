/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/struct.h"

#include <errno.h>
#include <inttypes.h>

#include "base/bytes.h"
#include "kernel/type_print.h"
#include "kernel/type_value.h"

static const char *tag_of(struct type type)
{
	struct btf_type t;
	uint32_t id;

	return btf_resolve(type.btf, type.id, &id, &t) && t.kind == BTF_UNION ? "union" : "struct";
}

static void source_of(struct inspect *c, bool hex, unsigned indent, struct type_source *ret)
{
	struct modules *modules;

	*ret = (struct type_source){ .reader = c->reader, .hex = hex, .indent = indent };
	/* their symbols are joined in */
	(void)!inspect_modules(c, &modules, NULL);
	if (inspect_symbols(c, &ret->symbols, NULL) < 0)
		ret->symbols = NULL;
}

/* What stands behind "-> ": "NULL", "<symbol> {…}", a text, a number. */
static int print_pointee(struct inspect *c, struct type pointer, uint64_t to, bool hex,
			 struct buf *out, struct error *e)
{
	struct type_member target = { .type.btf = pointer.btf };
	struct type_source source;
	struct btf_type t;
	struct symbol sym;
	uint32_t id;
	size_t start;
	int err;

	if (to == 0)
		return buf_printf(out, "NULL");
	if (!btf_resolve(pointer.btf, pointer.id, &id, &t))
		return -EINVAL;
	target.type.id = t.type;
	source_of(c, hex, 5, &source);
	start = out->len;
	err = source.symbols && symbols_at(source.symbols, to, &sym) && sym.addr == to
		      ? buf_printf(out, "<%s>", sym.name)
		      : 0;
	if (err < 0 || !btf_resolve(target.type.btf, target.type.id, &id, &t) ||
	    !btf_size(target.type.btf, target.type.id, &target.size))
		return err;
	if (out->len > start)
		err = buf_printf(out, " ");
	if (err == 0 && t.kind == BTF_INT && t.size == 1) {
		/* a text is shown as that of an array without end */
		const uint64_t bytes = htole64(to);

		return type_value_of(&source, pointer, &bytes, sizeof(bytes), to, 0, 0, out, e);
	}
	return err == 0 ? type_value(&source, &target, to, out, e) : err;
}

static int print_pointer(struct inspect *c, const struct type_member *m, const char *member,
			 uint64_t addr, bool hex, struct buf *out, struct error *e)
{
	struct error why = { 0 };
	uint64_t to;
	int err = inspect_number(c, addr + m->offset, 8, &to, e);

	if (err < 0)
		return err;
	err = buf_printf(out, "  ");
	if (err == 0)
		err = type_declare(m->type, member, out);
	if (err == 0)
		err = buf_printf(out, " = 0x%" PRIx64 "\n  -> ", to);
	if (err < 0)
		return error_errno(e, err, "%s", member);
	err = print_pointee(c, m->type, to, hex, out, &why);
	if (err < 0)
		err = buf_printf(out, "(%s)", error_text(&why));
	if (err == 0)
		err = buf_printf(out, "\n");
	return err < 0 ? error_errno(e, err, "%s", member) : 0;
}

static int print_member(struct inspect *c, const struct struct_values *v, const char *member,
			uint64_t addr, struct buf *out, struct error *e)
{
	struct type_source source;
	struct type_member m;
	int err;

	if (!type_member_find(v->type, member, &m))
		return error_set(e, -ENOENT, "invalid data structure reference: %s.%s", v->name,
				 member);
	if (v->pointers && m.is_pointer)
		return print_pointer(c, &m, member, addr, v->hex, out, e);
	err = buf_printf(out, "  %s = ", member);
	if (err < 0)
		return error_errno(e, err, "%s", v->name);
	source_of(c, v->hex, 2, &source);
	err = type_value(&source, &m, addr, out, e);
	if (err < 0)
		return err;
	err = buf_printf(out, ",\n");
	return err < 0 ? error_errno(e, err, "%s", v->name) : 0;
}

int struct_print(struct inspect *c, const struct struct_values *v, uint64_t addr, struct buf *out,
		 struct error *e)
{
	struct type_source source;
	struct type_member m;
	int err = 0;

	for (size_t i = 0; err == 0 && i < v->count; i++)
		err = print_member(c, v, v->members[i], addr, out, e);
	if (v->count > 0 || err < 0)
		return err;
	if (!type_member_find(v->type, "", &m))
		return error_set(e, -EINVAL, "%s has no size", v->name);
	source_of(c, v->hex, 0, &source);
	err = buf_printf(out, "%s %s ", tag_of(v->type), v->name);
	if (err == 0)
		err = type_value(&source, &m, addr, out, e);
	if (err == 0 && (err = buf_printf(out, "\n")) < 0)
		return error_errno(e, err, "%s", v->name);
	return err;
}
