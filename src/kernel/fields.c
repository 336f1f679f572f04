/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/fields.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#define PATH_SIZE 120

static bool find(struct type type, const char *paths, struct type_member *ret)
{
	char path[PATH_SIZE];

	while (*paths) {
		size_t len = strcspn(paths, "|");

		if (len >= sizeof(path))
			return false;
		memcpy(path, paths, len);
		path[len] = '\0';
		if (type_member_find(type, path, ret))
			return true;
		paths += len + (paths[len] == '|');
	}
	return false;
}

int fields_resolve(struct types *t, const char *type, const char *const *paths, unsigned count,
		   struct fields *ret, struct error *e)
{
	struct fields f = { .count = count };
	struct type from;

	if (count > FIELDS_MAX)
		return error_set(e, -E2BIG, "%s: too many fields", type);
	if (!types_find_kinds(t, type, BTF_STRUCTS, &from) || !btf_size(from.btf, from.id, &f.size))
		return error_set(e, -ENOENT, "%s: no such type in the dump", type);
	for (unsigned i = 0; i < count; i++) {
		bool optional = paths[i][0] == '?';
		const struct type_member *m = &f.member[i];

		f.there[i] = find(from, paths[i] + optional, &f.member[i]);
		if (!f.there[i] && !optional)
			return error_set(e, -ENOENT, "%s has no member %s", type, paths[i]);
		if (f.there[i] && m->size <= 8 && m->offset + m->size <= FIELDS_SPAN)
			f.span = MAX(f.span, (uint32_t)(m->offset + m->size));
	}
	*ret = f;
	return 0;
}

int fields_read(const struct fields *f, struct kernel_reader *r, uint64_t addr,
		struct fields_of *ret, struct error *e)
{
	int err = kernel_read(r, addr, ret->bytes, f->span, NULL);

	if (err < 0)
		return kernel_read_error(addr, err, e);
	ret->fields = f;
	ret->addr = addr;
	return 0;
}

void fields_copy(const struct fields *f, uint64_t addr, const void *bytes, struct fields_of *ret)
{
	memcpy(ret->bytes, bytes, f->span);
	ret->fields = f;
	ret->addr = addr;
}

uint64_t fields_number(const struct fields_of *o, unsigned field)
{
	const struct type_member *m = &o->fields->member[field];
	uint8_t bytes[8] = { 0 };
	unsigned bits;
	uint64_t v;

	if (field >= o->fields->count || !o->fields->there[field] || m->size == 0 || m->size > 8 ||
	    m->offset + m->size > o->fields->span)
		return 0;
	memcpy(bytes, o->bytes + m->offset, m->size);
	bits = m->bit_size ? m->bit_size : m->size * 8;
	if (m->bit_offset + bits > 64)
		return 0;
	v = le64_get(bytes) >> m->bit_offset << (64 - bits);
	return m->is_signed ? (uint64_t)((int64_t)v >> (64 - bits)) : v >> (64 - bits);
}
