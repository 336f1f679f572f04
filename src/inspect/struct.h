/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Values of a struct's members in crash's shape, and what struct and whatis share. */
#include "inspect/command.h"

struct struct_values {
	struct type type;
	const char *name;
	char *const *members; /* paths; */
	size_t count;	      /* 0: the whole */
	bool pointers;	      /* what pointers among the members lead to */
	bool hex;
};

/* "struct x {…}" or "  member = …," for each member, of the object at addr. */
int struct_print(struct inspect *c, const struct struct_values *v, uint64_t addr, struct buf *out,
		 struct error *e) _must_check_;

/* A command's whole text, or {"declaration": text}. */
int struct_write(struct inspect *c, const char *command, const struct buf *text,
		 struct error *e) _must_check_;
