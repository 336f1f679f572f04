/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The last rehearsal, and the last measurement of the smallest reservation, as they are kept in the state directory. */
#include "arm/kexec/reserve.h"
#include "arm/record.h"
#include "arm/rehearse/rehearse.h"

#define PAST_REHEARSAL "/var/lib/lastword/rehearsal.json"
#define PAST_ESTIMATE "/var/lib/lastword/estimate.json"
#define PAST_REHEARSAL_SCHEMA "lastword.rehearsal/1"
#define PAST_ESTIMATE_SCHEMA "lastword.estimate.past/1"

struct past {
	bool passed;
	char reason[900];
	time_t when;
	char release[128];
	struct digest image;
	bool changed;	      /* for QEMU */
	uint64_t crashkernel; /* bytes, as those below */
	uint64_t lowest_available, memory_total;
	uint64_t packed, unpacked, cpus; /* of the image; 0 unknown */
	uint64_t took;
};

int past_write(const struct root *root, const struct rehearsal *r, struct error *e) _must_check_;

/* -ENOENT: there was none. */
int past_read(const struct root *root, struct past *ret, struct error *e) _must_check_;

/* "rehearsed 3 days ago with this image: it worked"; image: what is armed now, or NULL. */
void past_words(const struct past *p, const char *image, time_t now, char *buf, size_t size);

/* A measurement of estimate: holds for this kernel. Sizes are bytes. */
struct past_estimate {
	time_t when;
	struct digest kernel;
	uint64_t minimum, too_small; /* with the RAM of `memory` */
	uint64_t memory, packed, unpacked, cpus;
};

int past_estimate_write(const struct root *root, const struct past_estimate *p,
			struct error *e) _must_check_;
int past_estimate_read(const struct root *root, struct past_estimate *ret,
		       struct error *e) _must_check_;

/* What a measurement says for this image on a machine with that RAM: 0 where it is of another kernel. */
uint64_t past_estimate_minimum(const struct past_estimate *p, const struct digest *kernel,
			       const struct capture_sizes *s, uint64_t ram);

/*
 * estimate measures with a disk in a server's place: what a dump over the network takes beside it, sockets, a card's rings
 * and what the client keeps until it is acknowledged (docs/crashkernel.md).
 */
#define NEED_NETWORK MIB(4)

enum need_source {
	NEED_FORMULA,	/* arm/kexec/reserve.h: nothing was measured */
	NEED_MEASURED,	/* by estimate, with this kernel */
	NEED_REHEARSED, /* by the last rehearsal, with this kernel */
	NEED_CRASHED,	/* by a crash of this machine, with this kernel */
};

struct need {
	uint64_t bytes;	  /* whole MiB */
	uint64_t formula; /* what it would be, had nothing been measured */
	enum need_source source;
	char words
		[400]; /* where the figure is from: "the crash of 2026-11-20 14:03 took 118 of 256 MiB" */
};

/* "formula", "measured", "rehearsed", "crashed" */
const char *need_source_name(enum need_source s);

/*
 * The smallest reservation that arm takes. What estimate measured, else the formula, less where a rehearsal has passed with less;
 * but never less than a rehearsal or a crash had in use, and some room. kernel may be NULL.
 */
void past_need(const struct root *root, const struct digest *kernel, const char *release,
	       const struct reservation *r, const struct capture_sizes *s, struct need *ret);

/* The same for the kernel of a record. */
void past_need_of(const struct root *root, const struct record *rec, const struct reservation *r,
		  const struct capture_sizes *s, struct need *ret);
uint64_t past_needed(const struct root *root, const struct record *rec, const struct reservation *r,
		     const struct capture_sizes *s);
