/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/variable.h"

#include <errno.h>
#include <string.h>

/*
 * Sorted by name. "struct x *" and "struct x *[]" are allowed; a type that a kernel does not have makes the row mean nothing
 * there. Where a type was changed under the same name, the row comes once for each and the first that exists is taken.
 */
static const struct {
	const char *name, *type;
	bool percpu;
} table[] = {
	{ "init_mm", "struct mm_struct", false },
	{ "init_pid_ns", "struct pid_namespace", false },
	{ "init_task", "struct task_struct", false },
	{ "init_uts_ns", "struct uts_namespace", false },
	{ "jiffies_64", "u64", false },
	{ "modules", "struct list_head", false },
	{ "node_data", "struct pglist_data *[]", false },
	{ "runqueues", "struct rq", true },
};

/* BTF has a type "pointer to T" wherever the kernel has one of these; nothing says where. */
static bool find_pointer(struct type to, struct type *ret)
{
	for (uint32_t id = btf_first(to.btf); id <= btf_last(to.btf); id++) {
		struct btf_type t;

		if (btf_get(to.btf, id, &t) && t.kind == BTF_PTR && t.type == to.id) {
			*ret = (struct type){ to.btf, id };
			return true;
		}
	}
	return false;
}

/* "struct x *[]": *ret_array says whether it ends so. */
static bool parse_type(struct types *types, const char *text, struct type *ret, bool *ret_array)
{
	char name[OBJECT_PATH_SIZE];
	size_t len = strlen(text);
	unsigned pointers = 0;

	*ret_array = len > 2 && strcmp(text + len - 2, "[]") == 0;
	if (*ret_array)
		len -= 2;
	for (; len > 0 && (text[len - 1] == '*' || text[len - 1] == ' '); len--)
		pointers += text[len - 1] == '*';
	if (len >= sizeof(name))
		return false;
	memcpy(name, text, len);
	name[len] = '\0';
	if (!types_find(types, name, ret))
		return false;
	for (; pointers > 0; pointers--)
		if (!find_pointer(*ret, ret))
			return false;
	return true;
}

static bool find_in_table(const struct object_source *s, struct symbols *symbols, const char *name,
			  struct variable *ret)
{
	struct symbol sym;
	uint64_t size;
	bool array;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (strcmp(table[i].name, name) != 0 ||
		    !parse_type(s->types, table[i].type, &ret->object.type, &array))
			continue;
		ret->percpu = table[i].percpu;
		ret->origin = VARIABLE_TABLE;
		size = object_size(&ret->object);
		if (array && size > 0 && symbols_at(symbols, ret->object.addr, &sym))
			ret->elements = sym.size / size;
		return true;
	}
	return false;
}

int variable_find(const struct object_source *s, struct symbols *symbols, const char *name,
		  struct variable *ret, struct error *e)
{
	struct variable v = { 0 };

	if (!symbols_find(symbols, name, &v.object.addr))
		return error_set(e, -ENOENT, "%s: no such symbol in the dump", name);
	if (types_variable(s->types, name, &v.object.type)) {
		v.percpu = true;
		v.origin = VARIABLE_BTF;
	} else if (!find_in_table(s, symbols, name, &v)) {
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
