/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "inspect/evaluate.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/type_print.h"
#include "kernel/type_value.h"
#include "kernel/variable.h"

#define SIZE_LIMIT MIB(4)

struct scope {
	struct inspect *c;
	uint32_t cpu;
	bool percpu;
	const char *from;
};

static int find_function(struct inspect *c, const char *name, struct value *ret)
{
	struct value v = { .in_memory = true };
	struct symbols *symbols;
	struct types *types;
	struct type type;
	struct btf_type t;

	if (inspect_symbols(c, &symbols, NULL) < 0 || inspect_types(c, &types, NULL) < 0 ||
	    !symbols_find(symbols, name, &v.addr) ||
	    !types_find_kinds(types, name, BTF_BIT(BTF_FUNC), &type) ||
	    !btf_get(type.btf, type.id, &t))
		return -ENOENT;
	v.type = (struct type){ type.btf, t.type };
	*ret = v;
	return 0;
}

static int take_first(void *user, const struct symbol *sym)
{
	*(uint64_t *)user = sym->addr;
	return 1;
}

/* What has a symbol and no type is void: its address is known, and a cast looks at it. */
static int find_symbol(struct inspect *c, const char *name, struct value *ret)
{
	struct value v = { .in_memory = true };
	struct symbols *symbols;
	struct types *types;

	if (inspect_symbols(c, &symbols, NULL) < 0 || inspect_types(c, &types, NULL) < 0 ||
	    symbols_each_named(symbols, name, take_first, &v.addr) != 1)
		return -ENOENT;
	v.type = (struct type){ types_vmlinux(types), 0 };
	*ret = v;
	return 0;
}

static int find_enumerator(struct inspect *c, const char *name, struct value *ret)
{
	const struct expression_source s = { .objects = { c->reader, c->types } };
	int64_t n;

	if (!c->types || !types_enumerator(c->types, name, &n))
		return -ENOENT;
	return value_make(&s, n == (int32_t)n ? "int" : "long int", (uint64_t)n, ret, NULL);
}

static int resolve(void *user, const char *name, struct value *ret, struct error *e)
{
	struct scope *scope = user;
	struct inspect *c = scope->c;
	struct object_source source;
	struct symbols *symbols;
	struct modules *modules;
	struct variable v;
	struct object o;
	int err = inspect_symbols(c, &symbols, e);

	if (err == 0)
		err = inspect_source(c, &source, e);
	if (err < 0)
		return err;
	/* their symbols are joined in */
	(void)!inspect_modules(c, &modules, NULL);
	if (variable_find(&source, symbols, name, &v, NULL) == 0) {
		o = v.object;
		scope->percpu |= v.percpu;
		if (!v.percpu || scope->cpu != EVALUATE_NO_CPU)
			err = inspect_variable_from(c, name, v.percpu ? scope->cpu : 0, &o,
						    &scope->from, e);
		*ret = (struct value){ .type = o.type, .in_memory = true, .addr = o.addr };
		return err;
	}
	if (find_function(c, name, ret) == 0 || find_symbol(c, name, ret) == 0 ||
	    find_enumerator(c, name, ret) == 0)
		return 0;
	return error_set(e, -ENOENT, "%s: no symbol and no enumerator of that name in the dump",
			 name);
}

int evaluate(struct inspect *c, const char *text, uint32_t cpu, struct evaluated *ret,
	     struct error *e)
{
	struct scope scope = { .c = c, .cpu = cpu };
	struct expression_source s = { .resolve = resolve, .user = &scope };
	struct value v;
	int err = inspect_source(c, &s.objects, e);

	if (err == 0)
		err = expression_evaluate(&s, text, &v, e);
	if (err < 0)
		return err;
	*ret = (struct evaluated){ .value = v, .percpu = scope.percpu, .from = scope.from };
	return 0;
}

bool evaluate_is_name(const char *text)
{
	if (isdigit((unsigned char)*text) || !*text)
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && *text != '_')
			return false;
	return true;
}

char *join_words(int argc, char **argv, int from)
{
	size_t size = 1;
	char *joined, *end;

	for (int i = from; i < argc; i++)
		size += strlen(argv[i]) + 1;
	joined = end = malloc(size);
	if (!joined)
		return NULL;
	*end = '\0';
	for (int i = from; i < argc; i++) {
		if (i > from)
			*end++ = ' ';
		end = stpcpy(end, argv[i]);
	}
	return joined;
}

/* "{void (const char *, ...)} 0xffff… <panic>" */
static int function_text(struct inspect *c, const struct value *v, struct buf *ret)
{
	char name[INSPECT_NAME_SIZE];
	int err = buf_printf(ret, "{");

	inspect_symbol_name(c, v->addr, name);
	if (err == 0)
		err = type_declare(v->type, "", ret);
	return err == 0 ? buf_printf(ret, "} 0x%" PRIx64 " <%s>", v->addr, name) : err;
}

/* gdb says a pointer's type before it, but for texts. */
static int pointer_type(const struct value *v, const struct btf_type *t, struct buf *ret)
{
	struct btf_type to;
	uint32_t id;
	int err;

	if (btf_resolve(v->type.btf, t->type, &id, &to) && to.kind == BTF_INT && to.size == 1)
		return 0;
	err = buf_printf(ret, "(");
	if (err == 0)
		err = type_declare(v->type, "", ret);
	return err == 0 ? buf_printf(ret, ") ") : err;
}

static int bytes_of(struct inspect *c, const struct value *v, uint64_t size, uint8_t *bytes,
		    struct error *e)
{
	int err = 0;

	if (v->in_memory)
		err = kernel_read(c->reader, v->addr, bytes, size, NULL);
	else
		memcpy(bytes, &v->number, MIN(size, sizeof(v->number)));
	return err < 0 ? kernel_read_error(v->addr, err, e) : 0;
}

int evaluate_text(struct inspect *c, const struct value *v, const struct value_style *style,
		  struct buf *ret, struct error *e)
{
	struct type_source source = {
		.reader = c->reader,
		.hex = style->hex,
		.format = style->format,
	};
	_cleanup_free_ uint8_t *bytes = NULL;
	struct btf_type t;
	uint64_t size;
	uint32_t id;
	int err = 0;

	if (inspect_symbols(c, &source.symbols, NULL) < 0)
		source.symbols = NULL;
	if (!btf_resolve(v->type.btf, v->type.id, &id, &t))
		return error_set(e, -EINVAL, "the type leads nowhere");
	if (t.kind == BTF_FUNC || t.kind == BTF_FUNC_PROTO) {
		err = function_text(c, v, ret);
		return err < 0 ? error_errno(e, err, "value") : 0;
	}
	if (!btf_size(v->type.btf, v->type.id, &size))
		return error_set(e, -EINVAL,
				 t.kind == BTF_VOID
					 ? "nothing in the dump says what type it has: cast it"
					 : "the dump does not know the whole type");
	if (size > SIZE_LIMIT)
		return error_set(e, -E2BIG, "%" PRIu64 " bytes are too many to show", size);
	bytes = malloc(MAX(size, sizeof(v->number)));
	if (!bytes)
		return error_errno(e, -ENOMEM, "value");
	err = bytes_of(c, v, size, bytes, e);
	if (err < 0)
		return err;
	if (t.kind == BTF_PTR && !style->format)
		err = pointer_type(v, &t, ret);
	if (err < 0)
		return error_errno(e, err, "value");
	return type_value_of(&source, v->type, bytes, size, v->addr, v->bit_offset, v->bit_size,
			     ret, e);
}
