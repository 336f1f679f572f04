/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kernel's variables with their types. BTF has the per-CPU ones (5.12 and later) and no others: for those a table says
 * what type they have had in all kernels that have them, and what proves it.
 */
#include "kernel/object.h"
#include "kernel/percpu.h"

enum variable_origin { VARIABLE_BTF, VARIABLE_TABLE, VARIABLE_DWARF };

struct variable {
	struct object object; /* at the symbol; of a per-CPU variable see variable_on_cpu() */
	bool percpu;
	enum variable_origin origin;
};

/* -ENOENT where there is no such symbol or nothing knows its type. */
int variable_find(const struct object_source *s, struct symbols *symbols, const char *name,
		  struct variable *ret, struct error *e) _must_check_;

/* The variable of one CPU; of others than per-CPU ones the same for all. False for a CPU that there is not. */
bool variable_on_cpu(const struct variable *v, const struct percpu *p, uint32_t cpu,
		     struct object *ret);

/* Is the type right? Asked of what the variable holds. */
enum variable_proof {
	VARIABLE_UNCHECKED,
	VARIABLE_VERIFIED,
	VARIABLE_DOUBTED, /* what was found is not what such a variable holds */
	VARIABLE_UNREAD,  /* not in the dump */
};

#define VARIABLE_WORDS_SIZE 200

/*
 * `at` is the variable, of one CPU where it is per-CPU. Reads a few words of memory. words: what was looked at ("comm is
 * \"swapper/0\""), "" where there is nothing to ask.
 */
enum variable_proof variable_check(const struct object_source *s, struct symbols *symbols,
				   const char *name, const struct object *at,
				   char words[VARIABLE_WORDS_SIZE]);

/* "by BTF", "by table, verified: comm is \"swapper/0\"", … */
#define VARIABLE_PROVENANCE_SIZE (VARIABLE_WORDS_SIZE + 40)
void variable_provenance(enum variable_origin origin, enum variable_proof proof, const char *words,
			 char ret[VARIABLE_PROVENANCE_SIZE]);

/* ---- the table (variable_table.c) ---- */

enum proof_kind {
	PROOF_BY_TYPE, /* what can be asked of any list head or pointer */
	PROOF_NONE,    /* a pointer that leads where nothing is mapped, or into no memory */
	PROOF_TEXT,    /* the text at `path` begins so */
	PROOF_NUMBER,
	PROOF_SYMBOL, /* the pointer at `path` leads into a symbol whose name begins so */
};

struct variable_row {
	const char *name, *type;
	const char *when; /* "struct.member" that must be there; NULL: always */
	bool percpu;
	enum proof_kind proof;
	const char *path, *text;
	uint64_t number;
};

extern const struct variable_row variable_rows[];
extern const size_t variable_row_count;

/* The row that means something in this kernel, and its type; NULL where none does. elements: see types_parse(). */
const struct variable_row *variable_row(struct types *t, const char *name, uint64_t size,
					struct type *ret);
