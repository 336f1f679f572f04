/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/watch.h"

#include <string.h>

/* Where the plan says 0: there is always an ending. Seconds. */
#define DEVICE_DEFAULT 60
#define LOG_DEFAULT 120
#define DUMP_DEFAULT 600
#define TOTAL_DEFAULT (6 * 3600)

static usec_t seconds(unsigned planned, unsigned fallback)
{
	return (planned ? planned : fallback) * USEC_PER_SEC;
}

void watch_limits_from_plan(const struct plan *p, struct watch_limits *ret)
{
	*ret = (struct watch_limits){
		.log = seconds(p->device_timeout, DEVICE_DEFAULT) *
			       MAX(p->targets_count, (size_t)1) +
		       seconds(p->log_timeout, LOG_DEFAULT),
		.stall = seconds(p->dump_timeout, DUMP_DEFAULT),
		.total = seconds(p->total_timeout, TOTAL_DEFAULT),
	};
}

void watch_begin(struct watch *w, const struct watch_limits *limits, usec_t started, usec_t now)
{
	*w = (struct watch){ .limits = *limits, .started = started, .begun = now, .moved = now };
}

static bool take_report(struct watch *w, const struct watch_report *r, usec_t now)
{
	/* Phases only go on: a report that goes back is none of a sane worker's. */
	if (r->magic != WATCH_MAGIC || r->phase >= PHASE_COUNT || r->phase < w->phase) {
		w->bad_reports++;
		return false;
	}
	if (r->phase == w->phase && r->done == w->done && r->total == w->total)
		return false;
	w->phase = (enum phase)r->phase;
	w->done = r->done;
	w->total = r->total;
	w->moved = now;
	return true;
}

bool watch_feed(struct watch *w, const void *data, size_t len, usec_t now)
{
	const char *p = data;
	bool moved = false;

	for (; len >= sizeof(struct watch_report); len -= sizeof(struct watch_report)) {
		struct watch_report r;

		memcpy(&r, p, sizeof(r));
		p += sizeof(r);
		moved |= take_report(w, &r, now);
	}
	if (len > 0)
		w->bad_reports++;
	return moved;
}

static usec_t phase_deadline(const struct watch *w)
{
	return w->phase <= PHASE_LOG ? w->begun + w->limits.log : w->moved + w->limits.stall;
}

usec_t watch_deadline(const struct watch *w)
{
	usec_t total = w->started + w->limits.total;
	usec_t phase = phase_deadline(w);

	return MIN(total, phase);
}

enum watch_verdict watch_check(const struct watch *w, usec_t now)
{
	if (now >= w->started + w->limits.total)
		return WATCH_OVER;
	if (now < phase_deadline(w))
		return WATCH_GOING;
	return w->phase <= PHASE_LOG ? WATCH_LATE : WATCH_STALLED;
}
