/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Files that others source in a shell, read without one: assignments with quotes, comments, continued lines, += and
 * $VARIABLE of what was assigned before, as bash means them. Whatever only a shell could tell is an error with the line:
 * commands, substitutions, conditions, arrays, variables that the file does not set.
 */
#include "base/buf.h"
#include "base/error.h"

#define SHELL_SIZE_MAX ((size_t)1 << 20)
#define SHELL_ASSIGNMENTS_MAX 1000
#define SHELL_VALUE_MAX KIB(64)

struct shell_assignment {
	char *name, *value; /* with += the whole value so far */
	unsigned line;	    /* where it begins; 0: set before the file */
};

/* In the order of the file; the last one of a name holds. */
struct shell_file {
	struct shell_assignment *items;
	size_t count;
};

/* name: the file's, for messages: "sysconfig/kdump:12: …". Adds to what *f has; on an error *f has what was before the fault. */
int shell_parse(const char *text, size_t len, const char *name, struct shell_file *f,
		struct error *e) _must_check_;

/* What a variable is before the file is read. */
int shell_set(struct shell_file *f, const char *name, const char *value) _must_check_;

/* NULL where it is not set. */
const struct shell_assignment *shell_find(const struct shell_file *f, const char *name);

void shell_done(struct shell_file *f);

#define _cleanup_shell_ _cleanup_(shell_done)
