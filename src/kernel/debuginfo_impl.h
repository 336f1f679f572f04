/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The inside of struct debuginfo, for debuginfo.c (files, lines, functions) and debuginfo_type.c. */
#include <elfutils/libdw.h>

#include "kernel/debuginfo.h"

/* A name that was looked for, and what came out. */
struct debuginfo_found {
	struct debuginfo_found *next;
	bool is_variable;
	uint32_t kinds;
	struct type type; /* btf NULL: there is none */
	struct btf *owned;
	char name[];
};

struct debuginfo {
	int fd;
	Elf *elf;
	Dwarf *dw;
	uint64_t bias; /* what KASLR added, modulo 2^64 */
	struct debuginfo_found *found;
	char *path;
	char provenance[400];
};

/* debuginfo_type.c: frees what dwarf_found holds. */
void debuginfo_found_free(struct debuginfo_found *found);
