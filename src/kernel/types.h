/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kernel's types as found in the dump: BTF of vmlinux and of its modules. This header answers the program's own questions
 * ("where is thread.sp in task_struct?"); type_print.h and type_value.h show types and values to people.
 */
#include "kernel/kernel.h"
#include "kernel/symbols.h"

struct types;

struct type_member {
	uint64_t offset;	       /* bytes from the start of the outermost struct */
	uint64_t size;		       /* bytes; of a bit field, of the unit that holds it */
	unsigned bit_offset, bit_size; /* bit_size 0: no bit field */
	bool is_signed, is_pointer, is_array;
	uint64_t elements; /* of an array */
	uint32_t type;	   /* BTF id of the member's type */
};

/* symbols may be NULL: BTF is then found by its magic in the image. -ENOENT where there is none. */
int types_open(struct kernel_reader *r, struct symbols *symbols, struct types **ret,
	       struct error *e) _must_check_;
struct types *types_free(struct types *t);
DEFINE_CLEANUP(struct types *, types_free)

/* "task_struct" (struct or union), "enum pid_type" or a typedef's name: sizeof. */
bool types_size(struct types *t, const char *name, uint64_t *ret);

/* "task_struct.thread.sp": through embedded and anonymous structs and unions; not through pointers. */
bool types_member(struct types *t, const char *path, struct type_member *ret);

/* The value of an enumerator by its name, such as "PIDTYPE_PID" or "MOD_TEXT". */
bool types_enumerator(struct types *t, const char *name, int64_t *ret);

const char *types_provenance(const struct types *t);
