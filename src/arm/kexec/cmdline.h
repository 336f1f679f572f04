/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The capture kernel's command line: that of the running kernel without what must not hold there,
 * and behind it what makes a kernel small, single and certain to end. Starts from the rules of
 * kdump-utils' prepare_cmdline().
 */
#include "base/buf.h"
#include "base/error.h"

/* The kernel itself puts "elfcorehdr=0x…" and a blank before the line
 * (arch/x86/kernel/kexec-bzimage64.c). */
#define CMDLINE_KERNEL_ADDS 32

/* What is put behind it when it is loaded, where the last words are told: the word and a UUID. */
#define CMDLINE_BOOT_ID "lastword.boot="
#define CMDLINE_LOAD_ADDS (1 + sizeof(CMDLINE_BOOT_ID) - 1 + 36)

/* Words with blanks between them; NULL where there are none. */
struct cmdline_words {
	const char *running; /* /proc/cmdline, or what stands in for it; hostile */
	const char *
		remove; /* names that go from it, beside those that always go (KDUMP_COMMANDLINE_REMOVE) */
	const char *usual; /* in place of the usual words (KDUMP_COMMANDLINE_APPEND); NULL: those */
	const char *more;  /* beside the usual words */
	const char *machine; /* what this machine needs */
	const char *append;  /* of the one who arms */
};

/* limit: bytes the kernel takes, without the NUL. */
int cmdline_build(const struct cmdline_words *w, size_t limit, struct buf *ret,
		  struct error *e) _must_check_;

/* A word that lastword decides itself, so that it is not taken from KDUMP_COMMANDLINE_APPEND: nr_cpus=, rdinit= and the like. */
bool cmdline_decides(const char *word, size_t len);

/* Does the capture kernel never get a parameter of this name from the running one? */
bool cmdline_removes(const char *name, size_t len);

/* The usual words, which KDUMP_COMMANDLINE_APPEND replaces. */
const char *cmdline_usual(void);
