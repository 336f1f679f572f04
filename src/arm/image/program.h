/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Programs of the distribution that go into the capture image with what they need to start, and nothing else. */
#include <limits.h>

#include "base/error.h"
#include "base/root.h"

/* A file of the image, as it is on this machine, or a link. */
struct program_file {
	char *name; /* in the image */
	char *from; /* the file on this machine; NULL for a link */
	char *link; /* where the link leads */
};

struct programs {
	struct program_file *files;
	size_t count;
};

/*
 * The program at path: a binary with its loader and its libraries, as its own loader finds them, or a script with its
 * interpreter. Directories and names that are links here are links there too. -ENOENT, -EACCES, -ENOEXEC say what is wrong with
 * what.
 */
int programs_add(struct programs *p, const struct root *root, const char *path,
		 struct error *e) _must_check_;

/* failure_action shell: busybox, where the machine has it, under all its names; else its sh and some tools. *ret_shell: the
 * shell's path, newly allocated. */
int programs_add_shell(struct programs *p, const struct root *root, char **ret_shell,
		       struct error *e) _must_check_;

bool programs_have(const struct programs *p, const char *name);

/* Where PATH of the capture kernel would have it, on this machine. -ENOENT. */
int program_find(const struct root *root, const char *name, char ret[PATH_MAX]) _must_check_;

void programs_done(struct programs *p);

#define _cleanup_programs_ _cleanup_(programs_done)

#define INTERPRETER_MAX 256 /* BINPRM_BUF_SIZE of the kernel: what of a first line it reads */

/* The first line of a script: "#!/usr/bin/env -S python3 -u". */
struct interpreter {
	char path[INTERPRETER_MAX]; /* "/usr/bin/env"; "" where it is no script */
	char name[INTERPRETER_MAX]; /* what env looks up, "python3"; "" where it is not env */
};

void interpreter_parse(const char *head, size_t len, struct interpreter *ret);
