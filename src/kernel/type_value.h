/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Values of the kernel's types, in the shape of gdb's and crash's output. */
#include "base/buf.h"
#include "kernel/types.h"

/* symbols may be NULL: pointers then have no <symbol+offset>. */
struct type_source {
	struct kernel_reader *reader;
	struct symbols *symbols;
	bool hex;	 /* numbers are hexadecimal */
	char format;	 /* of all numbers, as gdb's p/x: x d u o t c, 0: what the type says */
	unsigned indent; /* blanks before the lines after the first */
};

/*
 * "{\n  next = 0xffff…,\n …}" for structs, "25" for numbers, "\"init\"" for characters, names for enumerators; pointers
 * into symbols say <symbol+offset>. Errors of kernel_read(): nothing is then added to ret.
 */
int type_value(const struct type_source *s, const struct type_member *m, uint64_t base,
	       struct buf *ret, struct error *e);

/* As above of `size` bytes that were read already, from addr. A bit field is its bits above bit_offset; bit_size 0: none. */
int type_value_of(const struct type_source *s, struct type type, const void *bytes, uint64_t size,
		  uint64_t addr, unsigned bit_offset, unsigned bit_size, struct buf *ret,
		  struct error *e);
