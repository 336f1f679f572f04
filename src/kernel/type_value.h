/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Values of the kernel's types at an address, in the shape of gdb's and crash's output. */
#include "base/buf.h"
#include "kernel/types.h"

/*
 * "{\n  next = 0xffff…,\n …}" for structs, "25" for numbers, "\"init\"" for characters, names for enumerators; pointers
 * into symbols say <symbol+offset>. symbols may be NULL. Errors of kernel_read(): nothing is then added to ret.
 */
struct type_source {
	struct kernel_reader *reader;
	struct symbols *symbols;
	bool hex;	 /* numbers are hexadecimal */
	unsigned indent; /* blanks before the lines after the first */
};

int type_value(const struct type_source *s, const struct type_member *m, uint64_t base,
	       struct buf *ret, struct error *e) _must_check_;
