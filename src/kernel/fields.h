/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Members of one struct, resolved once and then read from many objects with one read each: for loops over thousands of them.
 */
#include "kernel/types.h"

#define FIELDS_MAX 24
#define FIELDS_SPAN 1024 /* bytes of an object that are read */

struct fields {
	struct type_member member[FIELDS_MAX];
	bool there[FIELDS_MAX];
	unsigned count;
	uint32_t span; /* bytes up to the end of the last member that is there */
	uint64_t size; /* sizeof */
};

/* An object's bytes. */
struct fields_of {
	const struct fields *fields;
	uint64_t addr;
	uint8_t bytes[FIELDS_SPAN];
};

/*
 * paths[i], from the struct on, as types_member() takes them, is field i; "a|b" takes the first that is there, and a '?' before it
 * allows that there is none. -ENOENT naming what lacks.
 */
int fields_resolve(struct types *t, const char *type, const char *const *paths, unsigned count,
		   struct fields *ret, struct error *e) _must_check_;

/* Errors of kernel_read(), in the words of kernel_read_error(). */
int fields_read(const struct fields *f, struct kernel_reader *r, uint64_t addr,
		struct fields_of *ret, struct error *e) _must_check_;

/* From bytes that are there already: at least f->span of them. */
void fields_copy(const struct fields *f, uint64_t addr, const void *bytes, struct fields_of *ret);

/* A number of any width, sign-extended where its type is signed; 0 for a field that is not there. */
uint64_t fields_number(const struct fields_of *o, unsigned field);
