/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The command line of kexec(8) as kexec-tools reads it: what is asked for, in the order in which it is done. Options come in any
 * order; of two that contradict each other the later one counts.
 */
#include "arm/kexec/load.h"
#include "base/buf.h"

enum kexec_does {
	KEXEC_HELP = 1 << 0,
	KEXEC_VERSION = 1 << 1,
	KEXEC_PRINT_SIZE = 1 << 2, /* of the reservation; nothing else is done */
	KEXEC_STATUS = 1 << 3,	   /* nothing else is done */
	KEXEC_UNLOAD = 1 << 4,
	KEXEC_LOAD = 1 << 5,
	KEXEC_SHUTDOWN = 1 << 6, /* shutdown(8) starts it */
	KEXEC_SYNC = 1 << 7,
	KEXEC_LINKS_DOWN = 1 << 8,
	KEXEC_RESTART = 1 << 9, /* at once */
	KEXEC_REUSE_CMDLINE = 1 << 10,
	KEXEC_REUSE_INITRD = 1 << 11,
	KEXEC_HOTPLUG = 1 << 12,
	KEXEC_DEBUG = 1 << 13,
	KEXEC_FILE_ONLY = 1 << 14, /* -s, which changes an exit status */
	KEXEC_OLD_ENTRY = 1 << 15, /* --real-mode, --entry-32bit: no load can do that */
	KEXEC_CRASH = 1 << 16,	   /* -p, for whatever place is */
	KEXEC_SAID_LOAD = 1 << 17, /* -l */
	KEXEC_NO_SYNC = 1 << 18,
	KEXEC_LINKS_STAY = 1 << 19,
};

/* Strings are argv's. */
struct kexec_request {
	unsigned does; /* enum kexec_does */
	enum kexec_place place;
	const char *kernel; /* NULL where none was named */
	const char *type, *append, *initrd;
	struct buf notes; /* lines: options that have no effect, and why */
};

/*
 * argv is permuted. -EINVAL: wrong usage, -EOPNOTSUPP: an option that cannot be obeyed; both with words as kexec-tools has them.
 */
int kexec_request_parse(int argc, char **argv, struct kexec_request *ret,
			struct error *e) _must_check_;

/* The command line for the new kernel: /proc/cmdline, where it is to be reused, and what was given behind it. */
int kexec_request_cmdline(const struct kexec_request *q, const char *running, struct buf *ret,
			  struct error *e) _must_check_;

void kexec_request_done(struct kexec_request *q);

#define _cleanup_kexec_request_ _cleanup_(kexec_request_done)
