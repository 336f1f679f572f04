/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a vmlinux with debugging information adds to a dump: source lines, inlined functions, types that BTF lacks. Through
 * elfutils, in `lastword` alone: nothing that lastword-init links refers to this. Only what is asked for is parsed: lines and
 * functions of one compilation unit; types by a search that is made once for each name.
 */
#include "kernel/types.h"

struct debuginfo;

/*
 * v: what the dump says of its kernel. -ESTALE, with words, where the file is of another kernel (its build id differs); -ENOENT
 * where it has no debugging information, or nothing tells where the kernel was loaded; errors of opening it.
 */
int debuginfo_open(const char *path, const struct vmcoreinfo *v, struct debuginfo **ret,
		   struct error *e) _must_check_;
struct debuginfo *debuginfo_free(struct debuginfo *d);
DEFINE_CLEANUP(struct debuginfo *, debuginfo_free)

const char *debuginfo_path(const struct debuginfo *d);

/* One line: the file, and how it was verified. */
const char *debuginfo_provenance(const struct debuginfo *d);

#define DEBUGINFO_NAME_SIZE 256

/* A place in the sources. file lives as long as d. */
struct debuginfo_place {
	const char *file;
	int line;
	char function[DEBUGINFO_NAME_SIZE];
};

/*
 * Where the code at pc was written, innermost first: level 0 is the function whose text it is, level 1 the one that it was inlined
 * into, and so on. False past the last, and where nothing is known.
 */
bool debuginfo_place(struct debuginfo *d, uint64_t pc, unsigned level, struct debuginfo_place *ret);

/* For types_set_more() with d as user. */
extern const struct types_more debuginfo_types;
