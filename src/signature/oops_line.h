/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * One line of a kernel log taken apart. Formats: 5.10 to 7.2 of x86_64 (arch/x86/kernel/dumpstack.c, process_64.c,
 * lib/dump_stack.c), and what arm64 writes otherwise.
 */
#include "signature/oops.h"

#define OOPS_LINE_SIZE 2048

/* A part of a line; not NUL-terminated. start NULL: not there. */
struct oops_word {
	const char *start;
	size_t len;
};

/* What stands before the text of a line: "<6>[   12.345678][  T123] ". */
struct oops_prefix {
	uint64_t time_ns; /* 0 where there is none */
	char caller[OOPS_CALLER_SIZE];
	const char *text; /* within the line */
	size_t len;
};

void oops_line_prefix(const char *line, size_t len, struct oops_prefix *ret);

/* The others take a NUL-terminated line without its prefix, and say whether it is one of that sort. */

/* " ? foo+0x12/0x34 [module]" */
struct oops_line_frame {
	struct oops_word function, module;
	uint64_t addr, offset, size;
	bool uncertain;
};
bool oops_line_is_frame(const char *s, struct oops_line_frame *ret);

/* "RIP: 0010:foo+0x12/0x34 [module]", "RIP: 0033:0x47b7a0", "pc : foo+0x12/0x34" */
bool oops_line_is_ip(const char *s, struct oops_line_frame *ret, bool *ret_user);

/* " <IRQ>", " </TASK>" */
bool oops_line_is_section(const char *s, enum oops_section *ret);

/* "RSP: 0018:ffffc90000013e48 EFLAGS: 00010246": registers, at most max. Returns how many, 0 where it is no such line. */
#define OOPS_LINE_REGS 8
struct oops_line_reg {
	struct oops_word name;
	uint64_t value;
};
size_t oops_line_regs(const char *s, struct oops_line_reg ret[OOPS_LINE_REGS]);

/* "CPU: 0 UID: 0 PID: 1 Comm: init Kdump: loaded Not tainted 6.12.1 #1 Debian 6.12.1-1" */
struct oops_line_cpu {
	int64_t cpu, pid;
	struct oops_word comm, taint, release;
};
bool oops_line_is_cpu(const char *s, struct oops_line_cpu *ret);

/* "Not tainted 6.1 #1 …", "Tainted: G        W  OE      6.1 #1 …" */
bool oops_line_is_taint(const char *s, struct oops_word *ret_taint, struct oops_word *ret_release);
