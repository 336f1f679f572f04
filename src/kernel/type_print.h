/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Types as C text, in the shape that gdb's ptype and crash's struct have. */
#include "base/buf.h"
#include "kernel/types.h"

struct type_style {
	bool offsets; /* "[offset]" in bytes before each member */
	bool hex;     /* offsets and sizes */
	bool placed;  /* with offsets: addresses of an object at `address` in their place */
	uint64_t address;
};

/*
 * "struct list_head {\n    struct list_head *next; …}" for a struct, union or enum, anonymous members written out; "typedef …"
 * for a typedef; one line for other types. member: only that one, or NULL. -ENOENT where there is no such member.
 */
int type_print(struct type type, const char *member, const struct type_style *style,
	       struct buf *ret) _must_check_;

/* "struct list_head *next": a declaration without semicolon; of a type alone with name "". */
int type_declare(struct type type, const char *name, struct buf *ret) _must_check_;
