/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Oopses, panics and their like in what a source says, cut out whole, with the title and signature that `lastword report`
 * gives. Memory is taken where a line begins one and given back some time after its end. No I/O, no clock.
 */
#include "base/clock.h"
#include "netconsole/budget.h"
#include "netconsole/counters.h"
#include "netconsole/record.h"
#include "signature/oops.h"

/* Nothing of a block came for so long: it is whole. */
#define CRASHES_WAIT (10 * USEC_PER_SEC)
/* A panic that comes of an oops follows within that. */
#define CRASHES_KEEP (30 * USEC_PER_SEC)
/* A block takes no longer: a panic of 100 lines on a serial console at 9600 baud, or emulated, takes two minutes. */
#define CRASHES_LONGEST (300 * USEC_PER_SEC)

struct crashes;

/* A block that is whole. */
typedef void (*crashes_emit)(void *user, const struct record_crash *crash);

/*
 * A line: of a record with its time and caller, or of console text where caller is NULL. NUL-terminated. *c is NULL until
 * something begins.
 */
void crashes_put(struct crashes **c, struct budget *budget, struct counters *n, uint64_t time_us,
		 const char *caller, const char *line, size_t len, usec_t now, crashes_emit emit,
		 void *user);

/* Emits what is whole by now; UINT64_MAX: what is open. */
void crashes_expire(struct crashes **c, struct budget *budget, struct counters *n, usec_t now,
		    crashes_emit emit, void *user);

/* UINT64_MAX: never. */
usec_t crashes_deadline(const struct crashes *c);

void crashes_done(struct crashes **c, struct budget *budget);
