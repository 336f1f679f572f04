/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kernel's types as found in the dump: BTF of vmlinux and of its modules. This header answers the program's own questions
 * ("where is thread.sp in task_struct?"); type_print.h and type_value.h show types and values to people.
 *
 * Not thread-safe: modules' types are read when vmlinux does not have what is asked for.
 */
#include "kernel/btf.h"
#include "kernel/kernel.h"
#include "kernel/symbols.h"

struct types;

/* A type: an id, and the BTF it counts in. */
struct type {
	const struct btf *btf; /* NULL: no type */
	uint32_t id;
};

struct type_member {
	uint64_t offset;	       /* bytes from the start of the outermost struct */
	uint64_t size;		       /* bytes; of a bit field, of the unit that holds it */
	unsigned bit_offset, bit_size; /* bits above `offset`; bit_size 0: no bit field */
	bool is_signed, is_pointer, is_array;
	uint64_t elements; /* of an array, of its outermost dimension */
	struct type type;  /* the member's */
};

/* symbols may be NULL: BTF is then found by its magic in the image. -ENOENT where there is none. */
int types_open(struct kernel_reader *r, struct symbols *symbols, struct types **ret,
	       struct error *e) _must_check_;
struct types *types_free(struct types *t);
DEFINE_CLEANUP(struct types *, types_free)

/* "task_struct" (struct or union), "enum pid_type" or a typedef's name: sizeof. */
bool types_size(struct types *t, const char *name, uint64_t *ret);

/*
 * "task_struct.thread.sp", "module.mem[1].base": through embedded and anonymous structs and unions; not through pointers.
 * The first name is a struct's, a union's or a typedef's; types that only a module has are found too.
 */
bool types_member(struct types *t, const char *path, struct type_member *ret);

/* As types_member() from a type on: "thread.sp" in task_struct. */
bool type_member_find(struct type from, const char *path, struct type_member *ret);

/* Does vmlinux have a struct or union of that name? Modules are not asked. */
bool types_has(struct types *t, const char *name);

/* The value of an enumerator by its name, such as "PIDTYPE_PID" or "MOD_TEXT". */
bool types_enumerator(struct types *t, const char *name, int64_t *ret);

/*
 * A type by what a person writes: "struct task_struct", "task_struct", "union …", "enum …", "pid_t", "unsigned long".
 * Modules are asked after vmlinux.
 */
bool types_find(struct types *t, const char *name, struct type *ret);

/* As above among these kinds (BTF_BIT) and by the bare name. */
bool types_find_kinds(struct types *t, const char *name, uint32_t kinds, struct type *ret);

/* The type of a per-CPU variable, where BTF tells (5.12 and later). */
bool types_variable(struct types *t, const char *name, struct type *ret);

/*
 * Types that stand in no BTF: a pointer to, an array of, or a const or volatile one of another (BTF_PTR, BTF_ARRAY, BTF_CONST,
 * BTF_VOLATILE). They live as long as the types. False past a limit that no use reaches.
 */
bool types_derive(struct types *t, struct type of, enum btf_kind kind, uint32_t elements,
		  struct type *ret);

/*
 * A type as C writes it without a name: "struct rq", "const char *", "unsigned long[4]", "struct pglist_data *[]", where an array
 * without a length, or with the name of an enumerator that is not there, has `elements`. Parses as much as is one: *ret_end is what follows. A bare word is a typedef or a basic type.
 */
bool types_parse(struct types *t, const char *text, uint32_t elements, struct type *ret,
		 const char **ret_end);

/* As above for what a person writes: "struct x" is looked for elsewhere too. */
bool types_parse_anywhere(struct types *t, const char *text, struct type *ret,
			  const char **ret_end);

/*
 * Types from elsewhere, for what a person asks by name: BTF lacks some, and variables but the per-CPU ones. Slow, so the
 * program's own questions do not come here. Borrowed with `user`; NULL takes it away.
 */
struct types_more {
	bool (*find)(void *user, struct btf *base, const char *name, uint32_t kinds,
		     struct type *ret);
	bool (*variable)(void *user, struct btf *base, const char *name, struct type *ret);
};
void types_set_more(struct types *t, const struct types_more *more, void *user);

/* As types_find_kinds(), then elsewhere. */
bool types_find_anywhere(struct types *t, const char *name, uint32_t kinds, struct type *ret);
bool types_variable_elsewhere(struct types *t, const char *name, struct type *ret);

const struct btf *types_vmlinux(const struct types *t);

const char *types_provenance(const struct types *t);
