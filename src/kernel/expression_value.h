/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The operations of expression.c on values, as C has them. ret may be one of the operands. */
#include "kernel/expression.h"

/* A member by name, of a struct or of what a pointer leads to. */
int value_member(const struct expression_source *s, const struct value *v, const char *name,
		 struct value *ret, struct error *e);

int value_dereference(const struct expression_source *s, const struct value *v, struct value *ret,
		      struct error *e);
int value_cast(const struct expression_source *s, const struct value *v, struct type to,
	       struct value *ret, struct error *e);

/* * & - + ! ~ */
int value_unary(const struct expression_source *s, char op, const struct value *v,
		struct value *ret, struct error *e);

/* The operators of C on two values, and gdb's "@": as many of what is on the left, as an array. */
int value_binary(const struct expression_source *s, const char *op, const struct value *left,
		 const struct value *right, struct value *ret, struct error *e);

/* left + right, or left - right: numbers, or a pointer or an array and a number. */
int value_add(const struct expression_source *s, const struct value *left,
	      const struct value *right, bool subtract, struct value *ret, struct error *e);
