/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The records of one source, put into their order: what was lost, what came twice or late, and when the machine began anew.
 * Messages and `now` in, events out in order, the next deadline asked; no I/O, no clock.
 *
 * printk's numbers have gaps that prove nothing (messages below the console's log level are not sent); the kernel's own count
 * of what it sent (msgid, where the sender switched it on) has none. A number that comes again with another time is no
 * duplicate: the machine booted. A message that does not fit what runs is a suspect, until a second one agrees with it, or one
 * that fits refutes it, or nothing came for a while.
 *
 * Records that somebody sends again, because the kernel may not have been able to (announce.h), fill in what is missing: they come
 * late, in a row, and are no sign of another kernel unless they contradict what came.
 */
#include "base/clock.h"
#include "netconsole/budget.h"
#include "netconsole/stream_history.h"
#include "netconsole/wire.h"

#define STREAM_WINDOW 64 /* numbers behind the newest of which is known whether they came */
#define STREAM_HELD 32	 /* messages that wait for those before them */
#define STREAM_WAIT (USEC_PER_SEC / 10)
#define STREAM_DOUBT (USEC_PER_SEC / 4)

enum {
	STREAM_LATE = 1 << 0, /* later ones were emitted already */
	/* for the user's own marks */
	STREAM_USER_FLAG = 1 << 8,
};

struct stream_message {
	struct wire_message wire;
	uint64_t boot; /* a hash of the boot's id, 0: not said */
	uint32_t msgid;
	bool has_msgid;
	bool resent;
	unsigned flags;
	uint64_t received_us; /* by the wall clock */
};

enum stream_event {
	STREAM_MESSAGE,
	STREAM_LOST, /* count messages never came, by the sender's own count; before the message behind them */
	STREAM_GAP,	  /* count numbers were left out: lost, or not sent at all */
	STREAM_DUPLICATE, /* the message came before */
	STREAM_REBOOT,	  /* the message is the first seen of a new kernel */
};

/* m is valid during the call. */
typedef void (*stream_emit)(void *user, enum stream_event event, const struct stream_message *m,
			    uint64_t count);

struct stream_held;

/* Zero-initialised is before the first message. */
struct stream {
	uint64_t next;	  /* number behind the newest one emitted; 0: none yet */
	uint64_t seen;	  /* bit i: next - 1 - i came */
	uint64_t time_us; /* of the newest */
	uint64_t boot, previous_boot;
	uint32_t msgid; /* the next one */
	bool has_msgid;
	uint64_t times_us[STREAM_WINDOW]; /* of the seen, by number modulo window */
	struct stream_history history;
	struct stream_held *held; /* by number */
	struct stream_held *suspect;
	unsigned held_count;
};

void stream_put(struct stream *s, struct budget *budget, const struct stream_message *m, usec_t now,
		stream_emit emit, void *user);

/* Emits what waited too long. UINT64_MAX as now: all that waits. */
void stream_expire(struct stream *s, struct budget *budget, usec_t now, stream_emit emit,
		   void *user);

/* UINT64_MAX: never. */
usec_t stream_deadline(const struct stream *s);

/* Without emitting. */
void stream_done(struct stream *s, struct budget *budget);
