/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/types.h"

/* Looks through anonymous members too; *ret_bits is the place of the found one, added to. */
static bool member_in(const struct btf *b, const struct btf_type *s, const char *name, size_t len,
		      unsigned depth, uint64_t *ret_bits, struct btf_member *ret)
{
	for (uint32_t i = 0; i < s->count; i++) {
		struct btf_member m;
		struct btf_type inner;
		uint32_t id;

		if (!btf_member(b, s, i, &m))
			return false;
		if (strlen(m.name) == len && memcmp(m.name, name, len) == 0) {
			*ret_bits += m.bit_offset;
			*ret = m;
			return true;
		}
		if (*m.name || depth == 0 || !btf_resolve(b, m.type, &id, &inner))
			continue;
		if (member_in(b, &inner, name, len, depth - 1, ret_bits, ret)) {
			*ret_bits += m.bit_offset;
			return true;
		}
	}
	return false;
}

/* "[2]" at *path: the element's type and place. Leaves *path behind it. */
static bool step_index(const struct btf *b, const char **path, uint32_t *id, uint64_t *bits)
{
	struct btf_type t;
	uint32_t element, count;
	uint64_t size;
	char *end;
	unsigned long index;

	if (!isdigit((unsigned char)(*path)[1]))
		return false;
	index = strtoul(*path + 1, &end, 10);
	if (*end != ']' || !btf_resolve(b, *id, id, &t) || !btf_array(&t, &element, &count) ||
	    (index >= count && count > 0) || !btf_size(b, element, &size) ||
	    mul_overflow(size, (uint64_t)index * 8, &size))
		return false;
	*bits += size;
	*id = element;
	*path = end + 1;
	return true;
}

static bool describe(struct type type, uint64_t bits, unsigned bit_size, struct type_member *ret)
{
	struct type_member m = { .bit_size = bit_size, .type = type };
	struct btf_type t;
	uint32_t id, element, count;

	if (!btf_resolve(type.btf, type.id, &id, &t) || !btf_size(type.btf, type.id, &m.size))
		return false;
	if (t.kind == BTF_INT && bit_size == 0 && btf_int_bits(&t) < t.size * 8)
		m.bit_size = btf_int_bits(&t);
	m.offset = bits / 8;
	m.bit_offset = bits % 8;
	/* A bit field is read from the unit of its type that holds it whole. */
	if (m.bit_size > 0 && m.size > 0 && m.size <= 8) {
		m.offset = bits / (m.size * 8) * m.size;
		m.bit_offset = bits - m.offset * 8;
	}
	m.is_signed = btf_int_signed(&t) || (t.kind == BTF_ENUM && t.flag);
	m.is_pointer = t.kind == BTF_PTR;
	m.is_array = btf_array(&t, &element, &count);
	m.elements = m.is_array ? count : 0;
	*ret = m;
	return true;
}

bool type_member_find(struct type from, const char *path, struct type_member *ret)
{
	const struct btf *b = from.btf;
	uint32_t id = from.id;
	uint64_t bits = 0;
	unsigned bit_size = 0;

	/* "[1].name" of an array */
	if (*path == '[') {
		while (*path == '[')
			if (!step_index(b, &path, &id, &bits))
				return false;
		path += path[0] == '.' && path[1];
	}
	while (*path) {
		size_t len = strcspn(path, ".[");
		struct btf_member m;
		struct btf_type t;

		if (len == 0 || bit_size > 0 || !btf_resolve(b, id, &id, &t) ||
		    !(BTF_BIT(t.kind) & BTF_STRUCTS) ||
		    !member_in(b, &t, path, len, BTF_DEPTH / 4, &bits, &m))
			return false;
		id = m.type;
		bit_size = m.bit_size;
		path += len;
		while (*path == '[')
			if (!step_index(b, &path, &id, &bits))
				return false;
		if (*path == '.' && path[1])
			path++;
		else if (*path)
			return false;
	}
	return describe((struct type){ b, id }, bits, bit_size, ret);
}
