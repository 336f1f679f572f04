/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Messages that came in pieces (ncfrag=OFFSET/TOTAL), of one source. The memory held is that of the bytes that came, not
 * of the total that somebody wrote into a header. Bytes and `now` in; no I/O, no clock.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "netconsole/budget.h"
#include "netconsole/wire.h"

#define REASSEMBLY_OPEN 4 /* messages at once: the kernel sends the pieces of one in a row */
#define REASSEMBLY_PIECES 512
#define REASSEMBLY_WAIT USEC_PER_SEC

enum {
	REASSEMBLY_HOLES = 1 << 0, /* pieces are missing: "<N bytes lost>" stands in their place */
	REASSEMBLY_CONFLICT =
		1 << 1, /* pieces overlap and say different things: the first is kept */
};

/* A message that is whole, or as whole as it gets. */
struct reassembly_result {
	struct wire_message message; /* its release and body point into bytes */
	struct buf bytes;	     /* the caller's to release */
	unsigned flags;
};

/* Zero-initialised is empty. */
struct reassembly {
	struct reassembly_open *open; /* oldest first */
	unsigned count;
};

/*
 * Takes a piece. 1: *ret is a message (this one, or the oldest that had to make room: call again with NULL m until 0);
 * 0: nothing is ready. -ENOMEM, -ENOSPC (the budget is used up, or too many pieces): the piece is not kept.
 */
int reassembly_put(struct reassembly *r, struct budget *budget, const struct wire_message *m,
		   usec_t now, struct reassembly_result *ret) _must_check_;

/* A message whose time is up, as it is. 1, 0 or a negative errno. UINT64_MAX as now: any. */
int reassembly_expire(struct reassembly *r, struct budget *budget, usec_t now,
		      struct reassembly_result *ret) _must_check_;

/* When reassembly_expire() has something; UINT64_MAX: never. */
usec_t reassembly_deadline(const struct reassembly *r);

void reassembly_done(struct reassembly *r, struct budget *budget);
