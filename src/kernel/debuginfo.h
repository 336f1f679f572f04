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

/* DWARF's numbers of x86_64's registers: rax rdx rcx rbx rsi rdi rbp rsp r8 … r15. */
#define DEBUGINFO_REGISTERS 16
#define DEBUGINFO_SP 7

/* A function's frame, with the registers as they were in it, as far as they are known. */
struct debuginfo_frame {
	uint64_t pc;	/* of the code: of a return address, one less */
	uint64_t cfa;	/* the stack pointer before the call; 0: not known */
	uint32_t known; /* one bit a register */
	uint64_t r[DEBUGINFO_REGISTERS];
};

/* The registers of the one that called, by the call frame table; what was not kept is not known. */
void debuginfo_caller(struct debuginfo *d, struct kernel_reader *r, const struct debuginfo_frame *f,
		      struct debuginfo_frame *ret);

struct debuginfo_local {
	const char *name, *function; /* the function may be inlined */
	bool is_parameter;
	bool is_known; /* else the compiler kept it nowhere, or in a register that is lost */
	bool in_memory;
	uint64_t value; /* its address where in_memory */
	struct type type;
};

/* The variables and parameters of the functions whose code is at f->pc, innermost first. */
void debuginfo_locals(struct debuginfo *d, struct types *types, struct kernel_reader *r,
		      const struct debuginfo_frame *f,
		      void (*emit)(void *user, const struct debuginfo_local *local), void *user);

/* For types_set_more() with d as user. */
extern const struct types_more debuginfo_types;
