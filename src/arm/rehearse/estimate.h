/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * How much memory to reserve with crashkernel=. Measured: the capture image made for this machine is booted in QEMU with this
 * kernel and smaller and smaller reservations until no dump arrives any more. Where that cannot be, what the last measurement
 * of this kernel says; else the formula of arm/kexec/reserve.h.
 */
#include "arm/rehearse/past.h"

enum estimate_source {
	ESTIMATE_MEASURED, /* just now */
	ESTIMATE_RECORDED, /* earlier, of this kernel and an image of about this size */
	ESTIMATE_FORMULA,
};

#define ESTIMATE_LARGE_MAX 16

struct estimate_module {
	char name[64];
	uint64_t bytes; /* unpacked */
};

/* Sizes are bytes. */
struct estimate {
	enum estimate_source source;
	char why[300];	      /* it is no measurement; "" where it is */
	uint64_t reserved;    /* now; 0: none */
	uint64_t recommended; /* whole MiB: minimum and margin */
	uint64_t minimum;     /* with which a dump arrived, for the RAM of this machine */
	uint64_t margin;
	uint64_t too_small; /* with which none did; 0: not looked for */
	uint64_t formula;   /* what arm asks for where nothing was measured */
	uint64_t network;   /* of recommended: what a server as the target adds to a disk */
	struct need need;   /* what arm asks for from now on */
	uint64_t for_ram;   /* of minimum: what this machine's RAM adds to the tried one's */
	uint64_t ram, kernel, packed, unpacked, modules;
	unsigned boots;
	usec_t took;
	struct estimate_module large[ESTIMATE_LARGE_MAX]; /* a MiB and more */
	size_t large_count;
};

struct estimate_options {
	bool formula; /* measure nothing, start no QEMU */
	bool again;   /* do not take an earlier measurement for it */
	struct rehearsal_talk talk;
};

/* Works without a reservation and with nothing armed. Only what cannot be composed is an error: without QEMU it falls back. */
int estimate_make(const struct root *root, const struct estimate_options *o, struct estimate *ret,
		  struct error *e) _must_check_;

const char *estimate_source_name(enum estimate_source s);
