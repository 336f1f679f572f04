/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The inside of struct debuginfo, for debuginfo.c (files, lines, functions) and debuginfo_type.c. */
#include <elfutils/libdw.h>

#include "kernel/debuginfo.h"

/* A name that was looked for, and what came out. */
struct debuginfo_found {
	struct debuginfo_found *next;
	const void *die; /* of one that was not looked for by a name */
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
	Dwarf_Die unit; /* of the address that was asked last */
	bool has_unit;
	Dwarf_CFI *cfi; /* NULL until asked for; belongs to dw */
	char *path;
	char provenance[400];
};

/* debuginfo.c: the functions at pc (as linked), innermost first, and the unit. Free *ret_scopes. Returns how many; 0: none. */
int debuginfo_scopes(struct debuginfo *d, uint64_t pc, Dwarf_Die *ret_unit, Dwarf_Die **ret_scopes);

/* debuginfo_type.c: a type of DWARF as BTF, made once. */
bool debuginfo_convert(struct debuginfo *d, struct btf *base, Dwarf_Die *die, struct type *ret);

/* debuginfo_type.c: frees what dwarf_found holds. */
void debuginfo_found_free(struct debuginfo_found *found);
