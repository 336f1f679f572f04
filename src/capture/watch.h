/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Is the worker still getting on? A state machine without clock or I/O: the worker's reports and `now` go in, a decision and
 * the time of the next look come out. All times in microseconds on one clock.
 */
#include "capture/capture.h"

/* What the worker writes into the pipe, each in one write(2), which a pipe keeps whole. */
struct watch_report {
	uint32_t magic;
	uint32_t phase;
	uint64_t done, total; /* in the phase's own unit; total 0 unknown */
};

#define WATCH_MAGIC 0x4c575250

struct watch_limits {
	usec_t log; /* from the worker's start until the log is saved: device wait and mount included */
	usec_t stall; /* without progress, in every phase from then on */
	usec_t total; /* from started */
};

enum watch_verdict {
	WATCH_GOING,
	WATCH_LATE,    /* the log is not saved in time */
	WATCH_STALLED, /* no progress */
	WATCH_OVER,    /* the total time is up */
};

struct watch {
	struct watch_limits limits;
	usec_t started; /* PID 1 */
	usec_t begun;	/* the worker */
	usec_t moved;	/* when anything last changed */
	enum phase phase;
	uint64_t done, total;
	unsigned bad_reports; /* reports that made no sense and were passed over */
};

void watch_begin(struct watch *w, const struct watch_limits *limits, usec_t started, usec_t now);

/* Any number of reports as read from the pipe; a cut one is bad. Returns true when there was progress. */
bool watch_feed(struct watch *w, const void *data, size_t len, usec_t now);

enum watch_verdict watch_check(const struct watch *w, usec_t now);

/* The first moment at which watch_check() can say something other than now, if no report comes. */
usec_t watch_deadline(const struct watch *w);

/* The plan's seconds, with our own where it has none. */
void watch_limits_from_plan(const struct plan *p, struct watch_limits *ret);
