/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Expressions over the kernel's variables, and values as crash's p shows them. */
#include "inspect/command.h"
#include "kernel/expression.h"

#define EVALUATE_NO_CPU UINT32_MAX

struct evaluated {
	struct value value;
	bool percpu; /* a per-CPU variable is in it */
	const char *
		from; /* what the last variable's type came from; NULL: no variable in it. Lives as long as c */
};

/*
 * per-CPU variables are those of `cpu`. With EVALUATE_NO_CPU they are their symbols, whose values mean nothing: look at
 * ret->percpu.
 */
int evaluate(struct inspect *c, const char *text, uint32_t cpu, struct evaluated *ret,
	     struct error *e) _must_check_;

struct value_style {
	bool hex;
	char format; /* of p/x; 0: none */
};

/* "{\n  next = …}", "(struct list_head *) 0x… <modules>", "25": no newline at the end. */
int evaluate_text(struct inspect *c, const struct value *v, const struct value_style *style,
		  struct buf *ret, struct error *e) _must_check_;

/* Is the whole text a name? */
bool evaluate_is_name(const char *text);

/* The words of a command from argv[from] on, joined by blanks. The caller's to free; NULL where memory lacks. */
char *join_words(int argc, char **argv, int from);
