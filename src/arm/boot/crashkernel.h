/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * `crashkernel=` of a kernel command line: every form, what the kernel makes of it on a machine, what it made of it on this
 * one. Forms: Documentation/admin-guide/kdump/kdump.rst and parse_crashkernel() in kernel/crash_reserve.c of Linux 6.17.
 *
 *	SIZE[@OFFSET]				plain
 *	START-[END]:SIZE[,...][@OFFSET]		plain, by the machine's memory: START <= memory < END, the first that fits
 *	SIZE,high  SIZE,low  SIZE,cma		anywhere; below 4 GiB, only beside `high`; movable memory on top of one of the others
 *
 * Of several words of one kind the last holds. A plain one switches `high` and `low` off.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/root.h"

#define CRASHKERNEL "crashkernel="
#define CRASHKERNEL_RANGES_MAX 32
#define CRASHKERNEL_TEXT_MAX 512

enum crashkernel_kind { CRASHKERNEL_PLAIN, CRASHKERNEL_HIGH, CRASHKERNEL_LOW, CRASHKERNEL_CMA };

/* Bytes. */
struct crashkernel_range {
	uint64_t start, end; /* end UINT64_MAX: none */
	uint64_t size;
};

/* What stands behind one `crashkernel=`. */
struct crashkernel {
	enum crashkernel_kind kind;
	bool by_ram;	/* written as ranges; else ranges[0] has the size and holds for all */
	bool at_offset; /* @OFFSET was written */
	uint64_t offset;
	size_t count; /* at least 1 */
	struct crashkernel_range ranges[CRASHKERNEL_RANGES_MAX];
};

/* By what the value ends with. value: as below. */
enum crashkernel_kind crashkernel_kind_of(const char *value);

/* value: without `crashkernel=`, up to a blank or the end. -EINVAL with words. */
int crashkernel_parse(const char *value, struct crashkernel *ret, struct error *e) _must_check_;

/* The value in the kernel's spelling, sizes with the largest unit that leaves no rest. -E2BIG. */
int crashkernel_format(const struct crashkernel *c, char *ret, size_t size) _must_check_;

/* A size as it is written: "256M", "1G", "4097". */
#define CRASHKERNEL_SIZE_TEXT 24
const char *crashkernel_size_text(uint64_t size, char text[CRASHKERNEL_SIZE_TEXT]);

/* A size as the kernel reads it: digits (0x, 0), and K, M, G, T, P or E. The whole word. */
int crashkernel_size_parse(const char *word, uint64_t *ret) _must_check_;

/* What it gives on a machine with that much memory; 0: nothing. ram: as /proc/iomem has it, the kernel rounds up to 128 MiB. */
uint64_t crashkernel_size(const struct crashkernel *c, uint64_t ram);

/* What a command line asks for. Bytes. */
struct crashkernel_request {
	uint64_t size; /* of the part that kernel and image are loaded into */
	uint64_t low;  /* below 4 GiB beside it, for DMA; of `high` alone */
	uint64_t cma;  /* on top, not for what is loaded */
	bool high;
	bool low_by_default; /* no `low` was written, so the kernel takes its own size */
	bool at_offset;
	uint64_t offset;
};

/*
 * As the kernel resolves it. -ENOENT: no `crashkernel=` at all; -EINVAL: the kernel reserves nothing, with the reason.
 * arch: as uname(2) says.
 */
int crashkernel_resolve(const char *cmdline, const char *arch, uint64_t ram,
			struct crashkernel_request *ret, struct error *e) _must_check_;

/* All `crashkernel=` words of a command line, in their order, with a blank between them; "" for none. */
int crashkernel_words(const char *cmdline, struct buf *ret) _must_check_;

enum crashkernel_grade { CRASHKERNEL_NOTE, CRASHKERNEL_WARNING, CRASHKERNEL_FAULT };

struct crashkernel_remark {
	enum crashkernel_grade grade;
	char text[300]; /* what, and what to do */
};

#define CRASHKERNEL_REMARKS_MAX 12
struct crashkernel_remarks {
	size_t count;
	struct crashkernel_remark remarks[CRASHKERNEL_REMARKS_MAX];
};

/*
 * Everything worth saying of a command line on a machine: syntax, ranges that leave this machine out, gaps, words that have no
 * effect, less than needed. needed: bytes, 0 unknown. Nothing for a line without `crashkernel=`.
 */
void crashkernel_check(const char *cmdline, const char *arch, uint64_t ram, uint64_t needed,
		       struct crashkernel_remarks *ret);

/* What this boot asked for and what it got. */
struct crashkernel_state {
	bool no_kexec;			    /* the kernel has no /sys/kernel/kexec_crash_size */
	char words[CRASHKERNEL_TEXT_MAX];   /* of /proc/cmdline, "" for none; cut at its end */
	int resolved;			    /* of crashkernel_resolve() */
	struct crashkernel_request request; /* where resolved is 0 */
	struct error fault;		    /* else */
	uint64_t ram;	   /* sum of System RAM, 0 unknown (the reader is not root) */
	uint64_t reserved; /* the part that is loaded into; 0 none */
	uint64_t total;	   /* /sys/kernel/kexec_crash_size, or the sum of the parts */
};

/* Never fails: what cannot be read is 0. */
void crashkernel_state_read(const struct root *root, struct crashkernel_state *ret);

/* The architecture's name, as uname(2) says. Made-up roots have it in /proc/sys/kernel/arch, as Linux has from 6.1 on. */
void crashkernel_arch(const struct root *root, char ret[65]);
