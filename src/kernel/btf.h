/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * BTF, the kernel's own compact type information, over bytes that somebody else read. Nothing in the bytes is trusted:
 * records are measured and names checked once, ids where they are followed. The format: Documentation/bpf/btf.rst.
 */
#include "base/cleanup.h"
#include "base/error.h"
#include "base/macro.h"

/* The numbers are the format's. */
enum btf_kind {
	BTF_VOID,
	BTF_INT,
	BTF_PTR,
	BTF_ARRAY,
	BTF_STRUCT,
	BTF_UNION,
	BTF_ENUM,
	BTF_FWD,
	BTF_TYPEDEF,
	BTF_VOLATILE,
	BTF_CONST,
	BTF_RESTRICT,
	BTF_FUNC,
	BTF_FUNC_PROTO,
	BTF_VAR,
	BTF_DATASEC,
	BTF_FLOAT,
	BTF_DECL_TAG,
	BTF_TYPE_TAG,
	BTF_ENUM64,
	BTF_KINDS,
};

#define BTF_BIT(kind) (1u << (kind))
#define BTF_STRUCTS (BTF_BIT(BTF_STRUCT) | BTF_BIT(BTF_UNION))
#define BTF_ENUMS (BTF_BIT(BTF_ENUM) | BTF_BIT(BTF_ENUM64))

/* Types that point to themselves through modifiers only end here. */
#define BTF_DEPTH 64

struct btf;

/* One type. Strings live as long as the struct btf. */
struct btf_type {
	enum btf_kind kind;
	bool flag; /* the kind's flag: FWD is a union, members have bit sizes, enumerators signs */
	uint32_t count;	      /* members, enumerators, parameters, variables */
	uint32_t size;	      /* bytes: INT, FLOAT, STRUCT, UNION, ENUM, ENUM64, DATASEC */
	uint32_t type;	      /* the id it refers to: the other kinds */
	const char *name;     /* "" where it has none */
	const uint8_t *extra; /* what follows the record */
};

struct btf_member {
	const char *name;
	uint32_t type;
	uint32_t bit_offset; /* from the start of the struct */
	uint32_t bit_size;   /* 0: no bit field */
};

/*
 * data is taken over where it parses (it was malloc()ed), else left to the caller. base is borrowed and must live longer:
 * ids and strings of a module continue those of vmlinux. -EINVAL where the bytes make no sense.
 */
int btf_parse(void *data, size_t size, const struct btf *base, struct btf **ret,
	      struct error *e) _must_check_;
struct btf *btf_free(struct btf *b);
DEFINE_CLEANUP(struct btf *, btf_free)

/* Whole length by the header of at least 24 bytes at `header`; false where that is no BTF header. */
bool btf_length(const void *header, size_t len, uint64_t *ret);

/* Ids run from btf_first() (1, or one past the base's last) to btf_last(). */
uint32_t btf_first(const struct btf *b);
uint32_t btf_last(const struct btf *b);

/* Where the strings of a BTF that stands on this one begin. */
uint32_t btf_strings_end(const struct btf *b);

/* Id 0 is void. False where there is no such id. */
bool btf_get(const struct btf *b, uint32_t id, struct btf_type *ret);

/*
 * The lowest id above `after` of that name and one of these kinds (BTF_BIT), the base not searched; 0 where there is none.
 * The index is built by the first call.
 */
uint32_t btf_find(struct btf *b, const char *name, uint32_t kinds, uint32_t after);

/* All false where index is beyond the type's count or the type is of another kind. */
bool btf_member(const struct btf *b, const struct btf_type *t, uint32_t index,
		struct btf_member *ret);
bool btf_enumerator(const struct btf *b, const struct btf_type *t, uint32_t index,
		    const char **ret_name, int64_t *ret);
bool btf_parameter(const struct btf *b, const struct btf_type *t, uint32_t index,
		   const char **ret_name, uint32_t *ret_type);
bool btf_array(const struct btf_type *t, uint32_t *ret_type, uint32_t *ret_elements);

/* Of an INT. */
bool btf_int_signed(const struct btf_type *t);
unsigned btf_int_bits(const struct btf_type *t);

/* Behind typedefs, const, volatile, restrict and tags. *ret is untouched where that leads nowhere. */
bool btf_resolve(const struct btf *b, uint32_t id, uint32_t *ret_id, struct btf_type *ret);

/* sizeof; pointers are 8 bytes. False for what has no size: void, functions, forward declarations. */
bool btf_size(const struct btf *b, uint32_t id, uint64_t *ret);
