/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A virtual machine of QEMU that boots a kernel, followed by what it writes on its console. No root needed. QEMU ends when this
 * program does, whatever ends it.
 */
#include <limits.h>
#include <signal.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"

enum vm_accel { VM_TCG, VM_KVM };

/* Paths are the system's. */
struct vm_spec {
	const char *kernel, *initrd, *cmdline;
	uint64_t memory; /* bytes */
	unsigned cpus;
	const char *const
		*words;	 /* further words for QEMU, such as devices; ends with NULL; or NULL */
	const char *log; /* a file that gets the console as it comes; or NULL */
};

struct vm {
	pid_t pid; /* 0: none runs */
	int out, err;
	int log;
	usec_t started;
	struct buf rest;     /* of a line that has not ended */
	struct buf messages; /* of QEMU itself */
};

#define VM_NONE ((struct vm){ .out = -1, .err = -1, .log = -1 })

enum vm_ending {
	VM_ENDED,   /* by itself: a reset or power off ends it too */
	VM_STOPPED, /* the listener wanted no more */
	VM_SILENT,  /* nothing was written for so long */
	VM_LATE,    /* the deadline has passed */
};

/* A line without its end and without control characters. False: no more is wanted. */
typedef bool vm_listener(void *user, const char *line, usec_t since_start);

/* The program in PATH. -ENOENT: the words name the package. */
int vm_find(char ret[PATH_MAX], struct error *e) _must_check_;

/* What runs on this machine: KVM where a guest was seen to run with it within seconds, else TCG; *ret_why says why. Some hosts
 * have a /dev/kvm that hangs. */
int vm_probe_accel(const char *qemu, enum vm_accel *ret, const char **ret_why,
		   struct error *e) _must_check_;

const char *vm_accel_name(enum vm_accel a);

/* The words for QEMU, newly allocated, each a string of its own; ends with NULL. */
char **vm_argv(const char *qemu, enum vm_accel accel, const struct vm_spec *spec);
char **vm_argv_free(char **argv);

int vm_start(const char *qemu, enum vm_accel accel, const struct vm_spec *spec, struct vm *ret,
	     struct error *e) _must_check_;

/*
 * Hands over line by line until there is no more. silence and deadline as times; 0: none. -EINTR when the person wants an end
 * (struct vm_interrupt), -EIO with QEMU's words where that failed.
 */
int vm_follow(struct vm *m, usec_t deadline, usec_t silence, vm_listener *listener, void *user,
	      enum vm_ending *ret, struct error *e) _must_check_;

/* Ends it where it runs. */
void vm_stop(struct vm *m);

#define _cleanup_vm_ _cleanup_(vm_stop)

/*
 * From begin to end SIGINT, SIGTERM and SIGHUP end no program but vm_follow(), so that what was made for the machine is removed;
 * they take effect at the end.
 */
struct vm_interrupt {
	sigset_t before;
	bool begun;
};

void vm_interrupt_begin(struct vm_interrupt *i);
void vm_interrupt_end(struct vm_interrupt *i);

#define _cleanup_vm_interrupt_ _cleanup_(vm_interrupt_end)
