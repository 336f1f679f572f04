/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Expressions of C over a dump, as people type them at crash's `p`: "init_task.comm", "*(struct rq *)0xffff…", "&modules",
 * "sizeof(struct page) * 4", "*avenrun@2". No calls, no assignments; memory is only read.
 */
#include "kernel/object.h"

/* What an expression is: something in memory, or a number. */
struct value {
	struct type type;
	bool in_memory;
	uint64_t addr;		       /* in_memory */
	uint64_t number;	       /* else: sign-extended to 64 bits where its type is signed */
	unsigned bit_offset, bit_size; /* in_memory; bit_size 0: no bit field */
};

/* What expressions are worked out with. Names are variables, functions and enumerators. -ENOENT with words. */
struct expression_source {
	struct object_source objects;
	int (*resolve)(void *user, const char *name, struct value *ret, struct error *e);
	void *user;
};

#define EXPRESSION_LIMIT 4096 /* characters */

/* -EINVAL what does not parse or makes no sense, with words; else errors of resolve and of kernel_read(). */
int expression_evaluate(const struct expression_source *s, const char *text, struct value *ret,
			struct error *e) _must_check_;

/* The number a value is: of a pointer or an array the address. -EINVAL of structs. */
int value_number(const struct expression_source *s, const struct value *v, uint64_t *ret,
		 struct error *e) _must_check_;

/* A number of a basic type of C ("int", "long unsigned int"). -ENOENT where the dump does not have the type. */
int value_make(const struct expression_source *s, const char *type, uint64_t number,
	       struct value *ret, struct error *e) _must_check_;
