/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * ORC, the kernel's tables for unwinding x86_64 stacks (arch/x86/include/asm/orc_types.h): for each piece of code, where the
 * caller's frame is. Four layouts exist; which one a dump has is told by BTF of struct orc_entry, and the numbering of
 * registers by what most entries say. Tables are searched in place: only pages that are asked for are read.
 */
#include "kernel/lazy.h"
#include "kernel/module.h"
#include "kernel/symbols.h"
#include "kernel/types.h"

enum orc_register {
	ORC_UNDEFINED,
	ORC_PREVIOUS_SP,
	ORC_DX,
	ORC_DI,
	ORC_BP,
	ORC_SP,
	ORC_R10,
	ORC_R13,
	ORC_BP_INDIRECT,
	ORC_SP_INDIRECT,
	ORC_AX,
	ORC_REGISTERS,
};

enum orc_type {
	ORC_NOTHING, /* code that says nothing of its frame */
	ORC_END,     /* the stack ends here */
	ORC_CALL,
	ORC_REGS,	  /* a whole struct pt_regs */
	ORC_REGS_PARTIAL, /* what the CPU pushes alone */
};

/* sp_offset and bp_offset are in bytes from what the registers name. */
struct orc_entry {
	enum orc_register sp, bp;
	enum orc_type type;
	int16_t sp_offset, bp_offset;
};

struct orc_layout {
	bool wide_type; /* the type has three bits and says END itself (6.4 and later) */
	bool has_signal; /* of the narrow layout: a bit for signal frames comes before the one for the end */
	bool renumbered; /* registers as 7.1 and later number them */
};

/* bytes: the 6 bytes of one entry. */
struct orc_entry orc_decode(const struct orc_layout *layout, const uint8_t bytes[6]);

struct orc;

/*
 * A kernel may have no tables: then nothing is found, and what is code is known all the same. -ENOENT where that is not.
 * modules may be NULL: vmlinux alone. Memory and symbols are borrowed.
 */
int orc_open(struct kernel_reader *r, struct symbols *symbols, struct types *types,
	     const struct modules *modules, struct orc **ret, struct error *e) _must_check_;
struct orc *orc_free(struct orc *o);
DEFINE_CLEANUP(struct orc *, orc_free)

/* False where pc is in no code that a table covers, or the table's page is missing. */
bool orc_find(struct orc *o, uint64_t pc, struct orc_entry *ret);

/* Is pc in code: the kernel's or a module's? */
bool orc_covers(const struct orc *o, uint64_t pc);
