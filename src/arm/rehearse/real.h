/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The real target, tried from the running system: a file written, synced, renamed, read back and removed, with the rate and the
 * room. Nothing else there is touched.
 */
#include "arm/rehearse/rehearse.h"
#include "arm/rehearse/subject.h"

/* A line each into r->real; a target that could not take the dump makes the rehearsal fail, with the reason. */
int real_try(const struct root *root, const struct subject *s, const struct rehearsal_options *o,
	     struct rehearsal *r, struct error *e) _must_check_;

/* In a directory that is mounted: writes, syncs, renames, reads back, removes. MB/s of writing. */
struct real_rate {
	double write, read; /* bytes a second */
	uint64_t room;	    /* bytes that are free */
};

int real_try_directory(int dir_fd, const char *what, struct real_rate *ret,
		       struct error *e) _must_check_;
