/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/types.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/btf_locate.h"
#include "kernel/btf_make.h"

#define NAME_SIZE 256
#define DERIVED_LIMIT 10000
#define ALL_TYPES                                                                                  \
	(BTF_STRUCTS | BTF_ENUMS | BTF_BIT(BTF_TYPEDEF) | BTF_BIT(BTF_INT) | BTF_BIT(BTF_FLOAT))

struct derived {
	struct derived *next;
	struct type of;
	enum btf_kind kind;
	uint32_t elements;
	struct btf *btf; /* of one type */
};

struct types {
	struct kernel_reader *reader; /* borrowed, as the symbols */
	struct symbols *symbols;
	struct btf *vmlinux;
	struct btf **modules;
	size_t module_count;
	bool modules_read;
	struct derived *derived; /* the newest first: each may stand on later ones of the list */
	unsigned derived_count;
	const struct types_more *more; /* NULL: none */
	void *more_user;
	char provenance[300];
};

int types_open(struct kernel_reader *r, struct symbols *symbols, struct types **ret,
	       struct error *e)
{
	_cleanup_(types_freep) struct types *t = calloc(1, sizeof(*t));
	int err;

	if (!t)
		return error_errno(e, -ENOMEM, "types");
	t->reader = r;
	t->symbols = symbols;
	err = btf_locate(r, symbols, &t->vmlinux, t->provenance, sizeof(t->provenance), e);
	if (err < 0)
		return err;
	*ret = TAKE_PTR(t);
	return 0;
}

struct types *types_free(struct types *t)
{
	if (t) {
		for (struct derived *d = t->derived, *next; d; d = next) {
			next = d->next;
			btf_free(d->btf);
			free(d);
		}
		for (size_t i = 0; i < t->module_count; i++)
			btf_free(t->modules[i]);
		free(t->modules);
		btf_free(t->vmlinux);
		free(t);
	}
	return NULL;
}

const char *types_provenance(const struct types *t)
{
	return t->provenance;
}

const struct btf *types_vmlinux(const struct types *t)
{
	return t->vmlinux;
}

/* The lists that tell where modules' types are need types of vmlinux alone, so this does not come back here. */
static void read_modules(struct types *t)
{
	if (t->modules_read)
		return;
	t->modules_read = true;
	btf_locate_modules(t, t->reader, t->symbols, &t->modules, &t->module_count);
}

bool types_find_kinds(struct types *t, const char *name, uint32_t kinds, struct type *ret)
{
	uint32_t id = btf_find(t->vmlinux, name, kinds, 0);

	if (id > 0) {
		*ret = (struct type){ t->vmlinux, id };
		return true;
	}
	read_modules(t);
	for (size_t i = 0; i < t->module_count; i++) {
		id = btf_find(t->modules[i], name, kinds, 0);
		if (id > 0) {
			*ret = (struct type){ t->modules[i], id };
			return true;
		}
	}
	return false;
}

bool types_find(struct types *t, const char *name, struct type *ret)
{
	static const struct {
		const char *word;
		uint32_t kinds;
	} words[] = {
		{ "struct ", BTF_BIT(BTF_STRUCT) },
		{ "union ", BTF_BIT(BTF_UNION) },
		{ "enum ", BTF_ENUMS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i].word);

		if (strncmp(name, words[i].word, len) == 0)
			return types_find_kinds(t, name + len, words[i].kinds, ret);
	}
	return types_find_kinds(t, name, BTF_STRUCTS, ret) ||
	       types_find_kinds(t, name, ALL_TYPES, ret);
}

bool types_has(struct types *t, const char *name)
{
	return btf_find(t->vmlinux, name, BTF_STRUCTS, 0) > 0;
}

bool types_size(struct types *t, const char *name, uint64_t *ret)
{
	struct type found;

	return types_find(t, name, &found) && btf_size(found.btf, found.id, ret);
}

bool types_variable(struct types *t, const char *name, struct type *ret)
{
	struct btf_type var;
	uint32_t id = btf_find(t->vmlinux, name, BTF_BIT(BTF_VAR), 0);

	if (id == 0 || !btf_get(t->vmlinux, id, &var))
		return false;
	*ret = (struct type){ t->vmlinux, var.type };
	return true;
}

bool types_enumerator(struct types *t, const char *name, int64_t *ret)
{
	const struct btf *b = t->vmlinux;

	for (uint32_t id = btf_first(b); id <= btf_last(b); id++) {
		struct btf_type type;

		if (!btf_get(b, id, &type) || !(BTF_BIT(type.kind) & BTF_ENUMS))
			continue;
		for (uint32_t i = 0; i < type.count; i++) {
			const char *enumerator;
			int64_t value;

			if (btf_enumerator(b, &type, i, &enumerator, &value) &&
			    strcmp(enumerator, name) == 0) {
				*ret = value;
				return true;
			}
		}
	}
	return false;
}

bool types_member(struct types *t, const char *path, struct type_member *ret)
{
	const char *dot = strchr(path, '.');
	char name[NAME_SIZE];
	struct type from;

	if (!dot || (size_t)(dot - path) >= sizeof(name))
		return false;
	memcpy(name, path, dot - path);
	name[dot - path] = '\0';
	return types_find(t, name, &from) && type_member_find(from, dot + 1, ret);
}

static bool make_derived(struct derived *d)
{
	struct btf_maker m;

	btf_make_begin(&m, d->of.btf);
	btf_make_type(&m, "", d->kind, false, 0, d->kind == BTF_ARRAY ? 0 : d->of.id);
	if (d->kind == BTF_ARRAY) {
		btf_make_word(&m, d->of.id);
		btf_make_word(&m, d->of.id); /* the index's type, which nobody asks */
		btf_make_word(&m, d->elements);
	}
	return btf_make_end(&m, &d->btf, NULL) == 0;
}

bool types_derive(struct types *t, struct type of, enum btf_kind kind, uint32_t elements,
		  struct type *ret)
{
	struct derived *d;

	for (d = t->derived; d; d = d->next)
		if (d->of.btf == of.btf && d->of.id == of.id && d->kind == kind &&
		    d->elements == elements)
			break;
	if (!d) {
		if (t->derived_count >= DERIVED_LIMIT)
			return false;
		d = calloc(1, sizeof(*d));
		if (!d)
			return false;
		*d = (struct derived){ t->derived, of, kind, elements, NULL };
		if (!make_derived(d)) {
			free(d);
			return false;
		}
		t->derived = d;
		t->derived_count++;
	}
	*ret = (struct type){ d->btf, btf_first(d->btf) };
	return true;
}

void types_set_more(struct types *t, const struct types_more *more, void *user)
{
	t->more = more;
	t->more_user = user;
}

bool types_find_anywhere(struct types *t, const char *name, uint32_t kinds, struct type *ret)
{
	return types_find_kinds(t, name, kinds, ret) ||
	       (t->more && t->more->find(t->more_user, t->vmlinux, name, kinds, ret));
}

bool types_variable_elsewhere(struct types *t, const char *name, struct type *ret)
{
	return t->more && t->more->variable(t->more_user, t->vmlinux, name, ret);
}
