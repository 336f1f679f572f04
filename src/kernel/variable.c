/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/variable.h"

#include <errno.h>
#include <string.h>

#include "base/search.h"

/* "struct x *[]" is as long as the symbol, which is to the next one: a name between the brackets is exact. */
static bool row_type(struct types *t, const struct variable_row *row, uint64_t size,
		     struct type *ret)
{
	struct type_member m;
	struct type one;
	const char *end;
	uint64_t each;

	if (row->when && !types_member(t, row->when, &m))
		return false;
	if (!types_parse(t, row->type, 1, &one, &end) || *end)
		return false;
	if (!strchr(row->type, '[') || !btf_size(one.btf, one.id, &each) || each == 0) {
		*ret = one;
		return true;
	}
	return types_parse(t, row->type, MIN(size / each, (uint64_t)UINT32_MAX), ret, &end);
}

const struct variable_row *variable_row(struct types *t, const char *name, uint64_t size,
					struct type *ret)
{
	size_t at = search_first(i, variable_row_count, strcmp(variable_rows[i].name, name) >= 0);

	for (; at < variable_row_count && strcmp(variable_rows[at].name, name) == 0; at++)
		if (row_type(t, &variable_rows[at], size, ret))
			return &variable_rows[at];
	return NULL;
}

static int take_first(void *user, const struct symbol *sym)
{
	struct symbol *first = user;

	*first = *sym;
	return 1;
}

/* Symbols of per-CPU variables count from zero (x86_64 until 6.14), or lie between two others. */
static bool is_percpu(struct symbols *symbols, uint64_t addr)
{
	uint64_t start, end;

	return symbols_find(symbols, "__per_cpu_start", &start) &&
	       symbols_find(symbols, "__per_cpu_end", &end) && addr >= start && addr < end;
}

int variable_find(const struct object_source *s, struct symbols *symbols, const char *name,
		  struct variable *ret, struct error *e)
{
	const struct variable_row *row;
	struct variable v = { 0 };
	struct symbol sym;
	struct type type;

	if (symbols_each_named(symbols, name, take_first, &sym) != 1)
		return error_set(e, -ENOENT, "%s: no such symbol in the dump", name);
	v.object.addr = sym.addr;
	row = sym.module ? NULL : variable_row(s->types, name, sym.size, &type);
	if (!sym.module && types_variable(s->types, name, &v.object.type)) {
		v.percpu = true;
		v.origin = VARIABLE_BTF;
	} else if (row) {
		v.object.type = type;
		v.percpu = row->percpu;
		v.origin = VARIABLE_TABLE;
	} else if (!sym.module && types_variable_elsewhere(s->types, name, &v.object.type)) {
		v.percpu = is_percpu(symbols, sym.addr);
		v.origin = VARIABLE_DWARF;
	} else {
		return error_set(e, -ENOENT, "%s: nothing in the dump says what type it has", name);
	}
	*ret = v;
	return 0;
}

bool variable_on_cpu(const struct variable *v, const struct percpu *p, uint32_t cpu,
		     struct object *ret)
{
	struct object o = v->object;

	if (v->percpu && !percpu_address(p, cpu, v->object.addr, &o.addr))
		return false;
	*ret = o;
	return true;
}
