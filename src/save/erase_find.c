/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "save/erase_find.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/module.h"
#include "kernel/variable.h"

/* Of all loops together: a list that is damaged may run in a circle. */
#define STEPS_MAX (1u << 20)

#define STRING_MAX KIB(64)

struct finder {
	struct object_source s;
	struct symbols *symbols;
	struct modules *modules;
	struct eraser *eraser;
	uint32_t page_size;
	unsigned steps;
};

/* What the names of the loops around a rule mean at the moment; the innermost first. */
struct scope {
	const struct scope *outer;
	const char *id;
	const struct object *at;
};

/* What a rule's first name means. */
struct root {
	struct object object; /* type.btf NULL: only address and size are known */
	uint64_t size;
};

struct wanted {
	const char *module;
	struct symbol symbol;
	bool found;
};

static int take_symbol(void *user, const struct symbol *sym)
{
	struct wanted *w = user;
	const char *module = sym->module ? sym->module->name : "";

	if (strcmp(module, w->module) != 0)
		return 0;
	w->symbol = *sym;
	w->found = true;
	return 1;
}

static bool kind_of(const struct type *t, struct btf_type *ret)
{
	uint32_t id;

	return t->btf && btf_resolve(t->btf, t->id, &id, ret);
}

static bool is_pointer(const struct object *o)
{
	struct btf_type t;

	return kind_of(&o->type, &t) && t.kind == BTF_PTR;
}

/* 1 found, 0 the module is not there, or a negative errno. */
static int find_root(struct finder *f, const char *module, const char *name, struct root *ret,
		     struct error *e)
{
	struct wanted w = { .module = module };
	struct variable v;

	(void)symbols_each_named(f->symbols, name, take_symbol, &w);
	if (!w.found) {
		bool loaded = !*module;

		for (size_t i = 0; !loaded && i < modules_count(f->modules); i++)
			loaded = strcmp(modules_get(f->modules, i)->name, module) == 0;
		if (!loaded)
			return 0;
		return error_set(e, -ENOENT, "%s: no such symbol", name);
	}
	*ret = (struct root){ .object.addr = w.symbol.addr, .size = w.symbol.size };
	if (!*module && variable_find(&f->s, f->symbols, name, &v, NULL) >= 0 && !v.percpu)
		ret->object = v.object;
	return 1;
}

/* One member, of what a pointer leads to where it is one. 0: a NULL, which leads to nothing that could be told. */
static int follow_one(struct finder *f, const char *name, struct object *o, struct error *e)
{
	struct object at = *o;
	uint64_t pointer = 0;
	int r = 0;

	if (!at.type.btf)
		return error_set(e, -ENOENT,
				 "%s: the dump does not tell the type it is a member of", name);
	if (is_pointer(&at)) {
		r = object_number(&f->s, &at, "", &pointer, e);
		if (r < 0 || !pointer)
			return r;
		r = object_pointee(&f->s, &at, &at, e);
	}
	if (r >= 0)
		r = object_follow(&f->s, &at, name, o, e);
	return r < 0 ? r : 1;
}

/* Follows "a.b.c". 1, or 0 as above. */
static int follow(struct finder *f, const char *path, struct object *o, struct error *e)
{
	char name[ERASE_WORD];
	int r = 1;

	while (*path && r > 0) {
		size_t len = strcspn(path, ".");

		memcpy(name, path, len);
		name[len] = '\0';
		path += len + (path[len] == '.');
		r = follow_one(f, name, o, e);
	}
	return r;
}

static const struct scope *scope_find(const struct scope *scope, const char *name)
{
	while (scope && strcmp(scope->id, name) != 0)
		scope = scope->outer;
	return scope;
}

/* 1; 0 where there is nothing to erase; errors as find_root(). */
static int resolve(struct finder *f, const char *module, const char *path,
		   const struct scope *scope, struct root *ret, struct error *e)
{
	size_t len = strcspn(path, ".");
	const char *rest = path + len + (path[len] == '.');
	char name[ERASE_WORD];
	int r = 1;

	memcpy(name, path, len);
	name[len] = '\0';
	scope = scope_find(scope, name);
	if (scope)
		*ret = (struct root){ .object = *scope->at };
	else
		r = find_root(f, module, name, ret, e);
	if (r <= 0)
		return r;
	r = follow(f, rest, &ret->object, e);
	if (r <= 0)
		return r;
	if (ret->object.type.btf)
		ret->size = object_size(&ret->object);
	return 1;
}

/* Virtual memory, page by page. What is not in the dump cannot be told. */
static int erase_memory(struct finder *f, uint64_t addr, uint64_t size, uint8_t fill,
			struct error *e)
{
	while (size) {
		uint64_t n = MIN(f->page_size - addr % f->page_size, size), paddr, contiguous;
		int r = kernel_translate(f->s.reader, addr, &paddr, &contiguous, NULL);

		if (r >= 0)
			r = eraser_add(f->eraser, paddr, n, fill);
		else if (r == -EFAULT)
			r = 0;
		if (r < 0)
			return error_errno(e, r, "memory at %#llx", (unsigned long long)addr);
		addr += n;
		size -= n;
	}
	return 0;
}

/* Bytes up to the NUL. */
static uint64_t string_length(struct finder *f, uint64_t addr)
{
	uint64_t n = 0;
	char c;

	while (n < STRING_MAX && kernel_read(f->s.reader, addr + n, &c, 1, NULL) >= 0 && c)
		n++;
	return n;
}

/* A pointer's target, and how much of it is meant where no size is given. */
static int point(struct finder *f, struct root *t, struct error *e)
{
	struct object to;
	struct btf_type type;
	uint64_t addr;
	int r = object_number(&f->s, &t->object, "", &addr, e);

	if (r < 0 || !addr) {
		t->object.addr = 0;
		t->size = 0;
		return r < 0 ? r : 0;
	}
	t->object.addr = addr;
	if (object_pointee(&f->s, &t->object, &to, NULL) < 0)
		to.type = (struct type){ 0 };
	t->size = 0;
	if (kind_of(&to.type, &type))
		t->size = type.kind == BTF_INT && type.size == 1 ? string_length(f, addr)
								 : object_size(&to);
	return 0;
}

/* How many bytes a rule means; t is what its path leads to. 1, or 0 as above. */
static int rule_bytes(struct finder *f, const struct erase_rule *rule, const struct scope *scope,
		      const struct root *t, uint64_t *ret, struct error *e)
{
	struct root size;
	int r;

	*ret = rule->how == ERASE_BYTES ? rule->bytes : t->size;
	if (rule->how != ERASE_SIZED)
		return 1;
	r = resolve(f, rule->module, rule->size_path, scope, &size, e);
	if (r <= 0)
		return r;
	if (size.object.type.btf) {
		r = object_number(&f->s, &size.object, "", ret, e);
	} else {
		uint32_t n = 0;

		r = kernel_read(f->s.reader, size.object.addr, &n, sizeof(n), e);
		*ret = n;
	}
	if (r < 0)
		return r;
	return *ret <= GIB(1) ? 1
			      : error_set(e, -EINVAL, "%s: %llu bytes make no sense",
					  rule->size_path, (unsigned long long)*ret);
}

static int erase_object(struct finder *f, const struct erase_rule *rule, const struct scope *scope,
			struct root *t, struct error *e)
{
	uint64_t n;
	int r;

	if (rule->how == ERASE_NULLIFY) {
		if (t->size != 8)
			return error_set(e, -EINVAL, "%s: is no pointer", rule->path);
		r = erase_memory(f, t->object.addr, t->size, 0, e);
		return r < 0 ? r : eraser_note(f->eraser, "erase %s nullify\n", rule->path);
	}
	if (is_pointer(&t->object)) {
		r = point(f, t, e);
		if (r < 0)
			return r;
	}
	r = rule_bytes(f, rule, scope, t, &n, e);
	if (r <= 0)
		return r;
	if (!t->object.addr)
		return 0;
	if (!n)
		return error_set(e, -EINVAL, "%s: its size is not known; add 'size N'", rule->path);
	r = erase_memory(f, t->object.addr, n, ERASER_FILL, e);
	return r < 0 ? r
		     : eraser_note(f->eraser, "erase %s size %llu\n", rule->path,
				   (unsigned long long)n);
}

static int apply_rule(struct finder *f, const struct erase_rule *rule, const struct scope *scope,
		      struct error *e)
{
	struct root target;
	int r = resolve(f, rule->module, rule->path, scope, &target, e);

	if (r > 0)
		r = erase_object(f, rule, scope, &target, e);
	return r < 0 ? error_prefix(e, r, "line %u", rule->line) : 0;
}

static int apply_loop(struct finder *f, const struct erase_config *c, size_t loop,
		      const struct scope *outer, struct error *e);

/* The rules and loops that stand in a loop, for one turn of it; loop -1: in none. */
static int apply_body(struct finder *f, const struct erase_config *c, int loop,
		      const struct scope *scope, struct error *e)
{
	int r = 0;

	for (size_t i = 0; i < c->rule_count && r >= 0; i++)
		if (c->rules[i].loop == loop)
			r = apply_rule(f, &c->rules[i], scope, e);
	for (size_t i = (size_t)(loop + 1); i < c->loop_count && r >= 0; i++)
		if (c->loops[i].outer == loop)
			r = apply_loop(f, c, i, scope, e);
	return r;
}

/* One turn of a loop. */
static int turn(struct finder *f, const struct erase_config *c, size_t loop,
		const struct scope *outer, const struct object *at, struct error *e)
{
	const struct scope scope = { outer, c->loops[loop].id, at };

	if (f->steps++ >= STEPS_MAX)
		return error_set(e, -EINVAL, "%s: does not end", c->loops[loop].path);
	return apply_body(f, c, (int)loop, &scope, e);
}

/* Pointers in it that are NULL lead to nothing. */
static int walk_array(struct finder *f, const struct erase_config *c, size_t loop,
		      const struct scope *outer, const struct object *array, struct error *e)
{
	struct object at;
	uint64_t n, pointer;
	int r = 0;

	if (!object_element(array, 0, &at) || !object_size(&at))
		return error_set(e, -EINVAL, "%s: is no array", c->loops[loop].path);
	n = object_size(array) / object_size(&at);
	for (uint64_t i = 0; i < n && r >= 0; i++) {
		if (!object_element(array, i, &at))
			break;
		if (is_pointer(&at) &&
		    (object_number(&f->s, &at, "", &pointer, NULL) < 0 || !pointer))
			continue;
		r = turn(f, c, loop, outer, &at, e);
	}
	return r;
}

/* From one struct to the next by a pointer in it. */
static int walk_via(struct finder *f, const struct erase_config *c, size_t loop,
		    const struct scope *outer, struct object at, struct error *e)
{
	const struct erase_loop *l = &c->loops[loop];
	uint64_t first = at.addr, next = 0;
	int r = 0;

	if (is_pointer(&at)) {
		if (object_number(&f->s, &at, "", &first, e) < 0 || !first)
			return 0;
		r = object_pointee(&f->s, &at, &at, e);
	}
	while (r >= 0) {
		r = turn(f, c, loop, outer, &at, e);
		if (r >= 0)
			r = object_number(&f->s, &at, l->walk == WALK_VIA ? l->member : "next",
					  &next, e);
		if (r < 0 || !next || next == first)
			break;
		at.addr = next;
	}
	return r;
}

/* The structs of a list whose head, or first link, is at `at`. */
static int walk_within(struct finder *f, const struct erase_config *c, size_t loop,
		       const struct scope *outer, const struct object *at, struct error *e)
{
	const struct erase_loop *l = &c->loops[loop];
	struct object link = *at, entry;
	uint64_t head = at->addr, next;
	int r = 0;

	while (r >= 0) {
		r = is_pointer(&link) ? object_number(&f->s, &link, "", &next, e)
				      : kernel_read(f->s.reader, link.addr, &next, 8, e);
		if (r < 0 || !next || next == head)
			break;
		r = object_container(&f->s, next, l->type, l->member, &entry, e);
		if (r >= 0)
			r = turn(f, c, loop, outer, &entry, e);
		link = (struct object){ .addr = next };
	}
	return r;
}

static int apply_loop(struct finder *f, const struct erase_config *c, size_t loop,
		      const struct scope *outer, struct error *e)
{
	const struct erase_loop *l = &c->loops[loop];
	struct root from;
	struct object element;
	int r = resolve(f, l->module, l->path, outer, &from, e);

	if (r > 0 && l->walk == WALK_WITHIN)
		r = walk_within(f, c, loop, outer, &from.object, e);
	else if (r > 0 && !from.object.type.btf)
		r = error_set(e, -ENOENT, "%s: the dump does not tell its type", l->path);
	else if (r > 0 && object_element(&from.object, 0, &element))
		r = walk_array(f, c, loop, outer, &from.object, e);
	else if (r > 0)
		r = walk_via(f, c, loop, outer, from.object, e);
	return r < 0 ? error_prefix(e, r, "line %u", l->line) : 0;
}

int erase_find(struct kernel *k, const struct erase_config *c, struct eraser *x, struct error *e)
{
	_cleanup_(kernel_reader_freep) struct kernel_reader *reader = NULL;
	_cleanup_(symbols_freep) struct symbols *symbols = NULL;
	_cleanup_(types_freep) struct types *types = NULL;
	_cleanup_(modules_freep) struct modules *modules = NULL;
	struct finder f = {
		.eraser = x,
		.page_size = dumpfile_info(kernel_dump(k))->page_size,
	};
	int r = kernel_reader_new(k, &reader);

	if (r < 0)
		return error_errno(e, r, "what is to be erased");
	r = symbols_open(reader, &symbols, e);
	if (r >= 0)
		r = types_open(reader, symbols, &types, e);
	if (r >= 0)
		r = modules_open(reader, symbols, types, &modules, e);
	if (r < 0)
		return r;
	f.s = (struct object_source){ .reader = reader, .types = types };
	f.symbols = symbols;
	f.modules = modules;
	r = apply_body(&f, c, -1, NULL, e);
	return r;
}
