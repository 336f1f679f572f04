/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The capture proved without a crash of this machine: this kernel, this capture image and its command line, with a reservation
 * of this size, in a QEMU machine that really panics; log, report and dump must arrive.
 */
#include <time.h>

#include "arm/image/digest.h"
#include "arm/kexec/reserve.h"
#include "arm/rehearse/story.h"
#include "base/error.h"
#include "base/root.h"

/* What is being done, for a person who waits. May be NULL. */
struct rehearsal_talk {
	void (*say)(void *user, const char *line);
	void *user;
};

struct rehearsal_options {
	bool local;	      /* speak to no server: a disk stands in for it */
	const char *release;  /* another kernel of this machine; NULL: the one that is armed */
	uint64_t crashkernel; /* bytes; 0: what is reserved here */
	uint64_t memory;      /* bytes of the QEMU machine; 0: what fits */
	const char *keep;     /* a directory for all files; NULL: none are kept */
	struct rehearsal_talk talk;
};

/* Sizes are bytes. */
struct rehearsal {
	bool passed;
	char reason[900]; /* it did not */
	time_t when;
	char *release, *kernel, *target;
	struct digest image;	    /* as it was found, before any change for QEMU */
	struct capture_sizes sizes; /* of that */
	bool image_armed;	    /* it is the one that arm made; else it was made for this */
	bool image_changed;	    /* for QEMU: what passed is not quite what would run */
	uint64_t crashkernel, memory;
	uint64_t tried; /* of crashkernel: less what a larger machine's bitmaps take */
	uint64_t bytes; /* read back from the stand-in; 0: it was not */
	const char *accel;
	usec_t took;
	struct story story;
	struct buf same, different; /* a line each: what was as in reality, and what was not */
	struct buf real;	    /* a line each: what was tried on the real target */
	struct buf warnings;
};

/* 0 where it could be tried: ret->passed says how it went. It is recorded (past.h). On this machine itself the real target is
 * tried as well. */
int rehearse(const struct root *root, const struct rehearsal_options *o, struct rehearsal *ret,
	     struct error *e) _must_check_;

void rehearsal_done(struct rehearsal *r);

#define _cleanup_rehearsal_ _cleanup_(rehearsal_done)
