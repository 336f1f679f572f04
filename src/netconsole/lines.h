/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The basic format has no records: a datagram holds some lines, or a part of one. Text of one source is put together until
 * '\n', or until nothing came for a while. No I/O, no clock.
 */
#include "base/clock.h"
#include "netconsole/budget.h"

#define LINES_MAX 4096 /* bytes of a line; a longer one is cut */
#define LINES_WAIT (USEC_PER_SEC / 2)

/* A line without its '\n'. cut: its end did not come, or it was too long. */
typedef void (*lines_emit)(void *user, const char *line, size_t len, bool cut);

/* Zero-initialised is empty. */
struct lines {
	char *data; /* the line that is not whole */
	size_t len, size;
	usec_t deadline;
};

/* Where there is no memory to keep a part, it is emitted as cut. */
void lines_put(struct lines *l, struct budget *budget, const char *bytes, size_t len, usec_t now,
	       lines_emit emit, void *user);

/* Emits what waited too long. UINT64_MAX as now: whatever is there. */
void lines_expire(struct lines *l, struct budget *budget, usec_t now, lines_emit emit, void *user);

/* UINT64_MAX: never. */
usec_t lines_deadline(const struct lines *l);

void lines_done(struct lines *l, struct budget *budget);
