/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/btf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define MAGIC 0xeb9f
#define VERSION 1
#define HEADER_SIZE 24 /* what is used of it; the header says how long it is */
#define HEADER_LIMIT 4096
#define RECORD_SIZE 12
#define DATA_LIMIT MIB(256)
#define POINTER_SIZE 8

struct btf {
	uint8_t *data;
	const uint8_t *types;
	const char *strings;
	uint32_t strings_size;
	const struct btf *base;
	uint32_t first;	       /* the first own id */
	uint32_t first_string; /* the base's strings end here */
	uint32_t count;
	uint32_t *offsets;	 /* of each own type's record in types */
	uint32_t *heads, *nexts; /* the index by name: indices + 1 into offsets, lowest first */
	uint32_t heads_mask;
};

/* Bytes after the record: a fixed part, and a part for each of `count`. */
static const struct {
	uint8_t fixed, each;
	bool has_size; /* the third word is a size, else a type */
} kinds[BTF_KINDS] = {
	[BTF_INT] = { .fixed = 4, .has_size = true },
	[BTF_ARRAY] = { .fixed = 12 },
	[BTF_STRUCT] = { .each = 12, .has_size = true },
	[BTF_UNION] = { .each = 12, .has_size = true },
	[BTF_ENUM] = { .each = 8, .has_size = true },
	[BTF_FUNC_PROTO] = { .each = 8 },
	[BTF_VAR] = { .fixed = 4 },
	[BTF_DATASEC] = { .each = 12, .has_size = true },
	[BTF_FLOAT] = { .has_size = true },
	[BTF_DECL_TAG] = { .fixed = 4 },
	[BTF_ENUM64] = { .each = 12, .has_size = true },
};

/* The sections by the header: offsets count from its end. */
struct sections {
	uint32_t header, type_offset, type_size, string_offset, string_size;
};

static bool read_header(const uint8_t *h, size_t len, struct sections *ret)
{
	if (len < HEADER_SIZE || le16_get(h) != MAGIC || h[2] != VERSION)
		return false;
	*ret = (struct sections){
		.header = le32_get(h + 4),
		.type_offset = le32_get(h + 8),
		.type_size = le32_get(h + 12),
		.string_offset = le32_get(h + 16),
		.string_size = le32_get(h + 20),
	};
	return ret->header >= HEADER_SIZE && ret->header <= HEADER_LIMIT &&
	       ret->type_offset % 4 == 0;
}

bool btf_length(const void *header, size_t len, uint64_t *ret)
{
	struct sections s;
	uint64_t types_end, strings_end, total;

	if (!read_header(header, len, &s))
		return false;
	types_end = (uint64_t)s.type_offset + s.type_size;
	strings_end = (uint64_t)s.string_offset + s.string_size;
	total = s.header + MAX(types_end, strings_end);
	if (total > DATA_LIMIT)
		return false;
	*ret = total;
	return true;
}

static uint32_t record_kind(const uint8_t *record)
{
	return le32_get(record + 4) >> 24 & 0x1f;
}

static uint32_t record_count(const uint8_t *record)
{
	return le32_get(record + 4) & 0xffff;
}

/* NULL where the offset lies in no string section. */
static const char *string_at(const struct btf *b, uint32_t offset)
{
	while (b->base && offset < b->first_string)
		b = b->base;
	offset -= b->first_string;
	return offset < b->strings_size ? b->strings + offset : NULL;
}

static const char *name_at(const struct btf *b, uint32_t offset)
{
	const char *s = string_at(b, offset);

	return s ? s : "";
}

/* Measures every record. Called twice: to count, and to fill b->offsets. */
static int walk_records(struct btf *b, uint32_t size, struct error *e)
{
	uint32_t at = 0, count = 0;

	while (at < size) {
		const uint8_t *record = b->types + at;
		uint64_t len = RECORD_SIZE;
		uint32_t kind;

		if (size - at < RECORD_SIZE)
			return error_set(e, -EINVAL, "BTF: type %u is cut", b->first + count);
		kind = record_kind(record);
		if (kind == BTF_VOID || kind >= BTF_KINDS)
			return error_set(e, -EINVAL, "BTF: type %u is of kind %u", b->first + count,
					 kind);
		len += kinds[kind].fixed + (uint64_t)kinds[kind].each * record_count(record);
		if (len > size - at)
			return error_set(e, -EINVAL, "BTF: type %u is cut", b->first + count);
		if (!string_at(b, le32_get(record)))
			return error_set(e, -EINVAL,
					 "BTF: type %u: its name is outside the strings",
					 b->first + count);
		if (b->offsets)
			b->offsets[count] = at;
		at += len;
		count++;
	}
	b->count = count;
	return 0;
}

static int take_sections(struct btf *b, const uint8_t *data, size_t size, uint32_t *ret_type_size,
			 struct error *e)
{
	struct sections s;

	if (!read_header(data, size, &s))
		return error_set(e, -EINVAL, "BTF: no header");
	if (s.header > size || !range_inside(s.type_offset, s.type_size, size - s.header) ||
	    !range_inside(s.string_offset, s.string_size, size - s.header))
		return error_set(e, -EINVAL, "BTF: %zu bytes do not hold what the header tells of",
				 size);
	b->types = data + s.header + s.type_offset;
	b->strings = (const char *)data + s.header + s.string_offset;
	b->strings_size = s.string_size;
	if (s.string_size == 0 || b->strings[s.string_size - 1] != '\0')
		return error_set(e, -EINVAL, "BTF: the strings have no end");
	*ret_type_size = s.type_size;
	return 0;
}

int btf_parse(void *data, size_t size, const struct btf *base, struct btf **ret, struct error *e)
{
	_cleanup_(btf_freep) struct btf *b = calloc(1, sizeof(*b));
	uint32_t type_size = 0;
	int err;

	if (!b)
		return error_errno(e, -ENOMEM, "BTF");
	if (size > DATA_LIMIT)
		return error_set(e, -EINVAL, "BTF: %zu bytes are too many", size);
	b->base = base;
	b->first = base ? base->first + base->count : 1;
	b->first_string = base ? base->first_string + base->strings_size : 0;
	err = take_sections(b, data, size, &type_size, e);
	if (err == 0)
		err = walk_records(b, type_size, e);
	if (err < 0)
		return err;
	b->offsets = calloc(MAX(b->count, 1u), sizeof(*b->offsets));
	if (!b->offsets)
		return error_errno(e, -ENOMEM, "BTF");
	err = walk_records(b, type_size, e);
	if (err < 0)
		return err;
	b->data = data;
	*ret = TAKE_PTR(b);
	return 0;
}

struct btf *btf_free(struct btf *b)
{
	if (b) {
		free(b->data);
		free(b->offsets);
		free(b->heads);
		free(b->nexts);
		free(b);
	}
	return NULL;
}

uint32_t btf_first(const struct btf *b)
{
	return b->first;
}

uint32_t btf_last(const struct btf *b)
{
	return b->first + b->count - 1;
}

uint32_t btf_strings_end(const struct btf *b)
{
	return b->first_string + b->strings_size;
}

bool btf_get(const struct btf *b, uint32_t id, struct btf_type *ret)
{
	const uint8_t *record;
	uint32_t kind, word;

	if (id == 0) {
		*ret = (struct btf_type){ .kind = BTF_VOID, .name = "void" };
		return true;
	}
	while (b->base && id < b->first)
		b = b->base;
	if (id < b->first || id - b->first >= b->count)
		return false;
	record = b->types + b->offsets[id - b->first];
	kind = record_kind(record);
	word = le32_get(record + 8);
	*ret = (struct btf_type){
		.kind = kind,
		.flag = le32_get(record + 4) >> 31,
		.count = record_count(record),
		.size = kinds[kind].has_size ? word : 0,
		.type = kinds[kind].has_size ? 0 : word,
		.name = name_at(b, le32_get(record)),
		.extra = record + RECORD_SIZE,
	};
	return true;
}

static uint32_t hash_name(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h ^ h >> 15;
}

static bool build_index(struct btf *b)
{
	uint32_t size = 1024;

	while (size < b->count && size < 1u << 24)
		size <<= 1;
	b->heads = calloc(size, sizeof(*b->heads));
	b->nexts = calloc(MAX(b->count, 1u), sizeof(*b->nexts));
	if (!b->heads || !b->nexts) {
		free(b->heads);
		free(b->nexts);
		b->heads = b->nexts = NULL;
		return false;
	}
	b->heads_mask = size - 1;
	for (uint32_t i = b->count; i > 0; i--) {
		const char *name = name_at(b, le32_get(b->types + b->offsets[i - 1]));
		uint32_t *head;

		if (!*name)
			continue;
		head = &b->heads[hash_name(name) & b->heads_mask];
		b->nexts[i - 1] = *head;
		*head = i;
	}
	return true;
}

uint32_t btf_find(struct btf *b, const char *name, uint32_t wanted, uint32_t after)
{
	if (!*name || (!b->heads && !build_index(b)))
		return 0;
	for (uint32_t i = b->heads[hash_name(name) & b->heads_mask]; i > 0; i = b->nexts[i - 1]) {
		const uint8_t *record = b->types + b->offsets[i - 1];
		uint32_t id = b->first + i - 1;

		if (id > after && (wanted & BTF_BIT(record_kind(record))) &&
		    strcmp(name_at(b, le32_get(record)), name) == 0)
			return id;
	}
	return 0;
}

bool btf_member(const struct btf *b, const struct btf_type *t, uint32_t index,
		struct btf_member *ret)
{
	const uint8_t *p = t->extra + (size_t)index * 12;
	uint32_t offset;

	if (!(BTF_BIT(t->kind) & BTF_STRUCTS) || index >= t->count)
		return false;
	offset = le32_get(p + 8);
	*ret = (struct btf_member){
		.name = name_at(b, le32_get(p)),
		.type = le32_get(p + 4),
		.bit_offset = t->flag ? offset & 0xffffff : offset,
		.bit_size = t->flag ? offset >> 24 : 0,
	};
	return true;
}

bool btf_enumerator(const struct btf *b, const struct btf_type *t, uint32_t index,
		    const char **ret_name, int64_t *ret)
{
	const uint8_t *p = t->extra;
	uint32_t low;

	if (!(BTF_BIT(t->kind) & BTF_ENUMS) || index >= t->count)
		return false;
	p += (size_t)index * kinds[t->kind].each;
	*ret_name = name_at(b, le32_get(p));
	low = le32_get(p + 4);
	if (t->kind == BTF_ENUM64)
		*ret = (int64_t)((uint64_t)le32_get(p + 8) << 32 | low);
	else
		*ret = t->flag ? (int64_t)(int32_t)low : (int64_t)low;
	/* Until pahole wrote the flag, negative enumerators came without it. */
	if (t->kind == BTF_ENUM && !t->flag && low > INT32_MAX && t->size == 4)
		*ret = (int64_t)(int32_t)low;
	return true;
}

bool btf_parameter(const struct btf *b, const struct btf_type *t, uint32_t index,
		   const char **ret_name, uint32_t *ret_type)
{
	const uint8_t *p = t->extra + (size_t)index * 8;

	if (t->kind != BTF_FUNC_PROTO || index >= t->count)
		return false;
	*ret_name = name_at(b, le32_get(p));
	*ret_type = le32_get(p + 4);
	return true;
}

bool btf_array(const struct btf_type *t, uint32_t *ret_type, uint32_t *ret_elements)
{
	if (t->kind != BTF_ARRAY)
		return false;
	*ret_type = le32_get(t->extra);
	*ret_elements = le32_get(t->extra + 8);
	return true;
}

/* The word after an INT: encoding in bits 24-27 (1: signed), bits in 0-7. */
bool btf_int_signed(const struct btf_type *t)
{
	return t->kind == BTF_INT && (le32_get(t->extra) >> 24 & 1);
}

unsigned btf_int_bits(const struct btf_type *t)
{
	return t->kind == BTF_INT ? le32_get(t->extra) & 0xff : 0;
}

bool btf_resolve(const struct btf *b, uint32_t id, uint32_t *ret_id, struct btf_type *ret)
{
	const uint32_t aliases = BTF_BIT(BTF_TYPEDEF) | BTF_BIT(BTF_CONST) | BTF_BIT(BTF_VOLATILE) |
				 BTF_BIT(BTF_RESTRICT) | BTF_BIT(BTF_TYPE_TAG);
	struct btf_type t;

	for (unsigned depth = 0; depth < BTF_DEPTH; depth++) {
		if (!btf_get(b, id, &t))
			return false;
		if (!(BTF_BIT(t.kind) & aliases)) {
			*ret_id = id;
			*ret = t;
			return true;
		}
		id = t.type;
	}
	return false;
}

bool btf_size(const struct btf *b, uint32_t id, uint64_t *ret)
{
	const uint32_t sized = BTF_BIT(BTF_INT) | BTF_STRUCTS | BTF_ENUMS | BTF_BIT(BTF_FLOAT) |
			       BTF_BIT(BTF_DATASEC);
	uint64_t elements = 1;
	uint32_t each, element;
	struct btf_type t;

	for (unsigned depth = 0; depth < BTF_DEPTH && btf_resolve(b, id, &id, &t); depth++) {
		if (BTF_BIT(t.kind) & sized)
			return !mul_overflow(elements, (uint64_t)t.size, ret);
		if (t.kind == BTF_PTR)
			return !mul_overflow(elements, (uint64_t)POINTER_SIZE, ret);
		if (t.kind == BTF_VAR) {
			id = t.type;
			continue;
		}
		if (!btf_array(&t, &element, &each) ||
		    mul_overflow(elements, (uint64_t)each, &elements))
			return false;
		id = element;
	}
	return false;
}
