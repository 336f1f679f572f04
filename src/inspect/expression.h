/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Expressions as eval and search take them: numbers (decimal; hexadecimal after 0x or where a letter says so; with k, m, g behind
 * them), symbols, ~ and -, and + - & | ^ * % / << >> with parentheses and C's precedence. 64 bits, wrapping.
 */
#include "base/error.h"

struct expression_names {
	/* the value of a symbol; false where there is none */
	bool (*find)(void *user, const char *name, uint64_t *ret);
	void *user;
};

/* -EINVAL with words. */
int expression_value(const char *text, const struct expression_names *names, uint64_t *ret,
		     struct error *e) _must_check_;
