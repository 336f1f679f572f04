/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * How much memory should be reserved: what kdump-utils would write for this machine, and what lastword's own capture image
 * needs here (docs/crashkernel.md). `setup` and `reset-crashkernel` use the second: it is measured on this kernel and image.
 */
#include "arm/boot/crashkernel.h"
#include "arm/rehearse/past.h"

struct crashkernel_machine {
	char arch[65];
	uint64_t ram;	/* bytes, 0 unknown */
	uint64_t page;	/* bytes */
	bool encrypted; /* memory encryption (SME, SEV) is on */
	bool mlx5;	/* the driver is loaded */
	bool smmu;
	unsigned cpus; /* the nr_cpus of kdump-utils' capture kernel, of ppc64le alone */
	bool fadump;
};

void crashkernel_machine_read(const struct root *root, struct crashkernel_machine *ret);

/*
 * kdump-utils' default (get-default-crashkernel of commit 63f248c): ranges. "" for an architecture it has none for.
 * -E2BIG where it does not fit.
 */
int crashkernel_kdump_default(const struct crashkernel_machine *m, char *ret,
			      size_t size) _must_check_;

struct crashkernel_advice {
	uint64_t
		needed; /* what arm asks for with this kernel and image; 0: could not be composed */
	struct need need;		  /* where that is from */
	uint64_t recommended;		  /* with room: crashkernel_recommend() */
	struct error why_unknown;	  /* where needed is 0 */
	char value[CRASHKERNEL_TEXT_MAX]; /* what `setup` writes behind `crashkernel=` */
	char kdump[CRASHKERNEL_TEXT_MAX]; /* kdump-utils' default */
	char reason[600];		  /* one sentence: why this value */
};

/* Composes the capture image as `arm` does, and changes nothing. */
int crashkernel_advise(const struct root *root, struct crashkernel_advice *ret,
		       struct error *e) _must_check_;

/*
 * From a need to a recommendation, in bytes. What was measured gets room for the next kernels, and never less than the formula:
 * arm goes by that where the kernel was changed. A formula gets more, whole 16 MiB, and at least 128 MiB.
 */
uint64_t crashkernel_recommend(const struct need *n);

/* The value of crashkernel_advise(), where it rests on a measurement; else -ENODATA, found without composing anything. */
int crashkernel_measured(const struct root *root, char ret[CRASHKERNEL_TEXT_MAX]) _must_check_;
