/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Instructions as text: what a program that has a disassembler lends, with the names of the symbols they speak of.
 */
#include "inspect/command.h"

#define INSTRUCTION_SIZE_MAX 15 /* bytes, of x86_64 */

struct instruction {
	unsigned len;	 /* bytes */
	char text[160];	 /* "mov    0x10(%rax),%rdx", as GNU's disassembler writes it */
	bool has_target; /* the address of a call, a jump, or a place relative to it */
	bool is_place;	 /* that place is of data: the text has the distance alone */
	bool is_padding; /* does nothing */
	uint64_t target;
};

/* What struct inspect borrows. lastword-init has none. */
struct inspect_disassembler {
	/* The instruction at addr that the bytes begin with. False where they begin with none. */
	bool (*decode)(void *user, uint64_t addr, const uint8_t *bytes, size_t len,
		       struct instruction *ret);
	void *user;
};

/* capstone's, for x86_64. -ENOMEM, -ENOTSUP. */
int disassembler_open(struct inspect_disassembler *ret, struct error *e) _must_check_;
void disassembler_close(struct inspect_disassembler *d);

/*
 * An instruction of the kernel with names: "call   0xffffffffa1d7a5c0 <__rcu_read_unlock>"; ret_len: its bytes. "(bad)" and 1 where
 * none begins there. hex: how offsets are written. -ENOTSUP in a program without disassembler; errors of kernel_read().
 */
#define INSTRUCTION_TEXT_SIZE (160 + INSPECT_NAME_SIZE)
int inspect_instruction(struct inspect *c, uint64_t addr, bool hex, char ret[INSTRUCTION_TEXT_SIZE],
			unsigned *ret_len, struct error *e) _must_check_;

/* The same of bytes that were read elsewhere. */
void inspect_instruction_of(struct inspect *c, uint64_t addr, const uint8_t *bytes, size_t len,
			    bool hex, struct instruction *ret_raw, char ret[INSTRUCTION_TEXT_SIZE]);
