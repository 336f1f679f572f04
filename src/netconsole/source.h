/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * One sender: its datagrams in, records out, in order and whole. An address and a port are a source: the protocol knows no
 * names but those that userdata brings. No I/O, no clock.
 */
#include "netconsole/address.h"
#include "netconsole/crashes.h"
#include "netconsole/lines.h"
#include "netconsole/reassembly.h"
#include "netconsole/resent.h"
#include "netconsole/stream.h"

#define SOURCE_NAME_MAX 64

/* What all sources share. */
struct source_shared {
	struct budget waiting; /* what waits for something to come */
	struct budget crashes;
	struct counters counters;
	record_emit emit;
	void *user;
	char *text; /* SOURCE_TEXT_SIZE */
};

#define SOURCE_TEXT_SIZE (4 * (size_t)WIRE_TOTAL_MAX + 1)

struct source {
	struct address from;
	char address[ADDRESS_TEXT_SIZE];
	char *host, *boot, *release; /* as last said */
	struct stream stream;
	struct reassembly pieces;
	struct lines lines;
	struct crashes *crashes;
	struct resent resent;
	uint64_t run, run_next; /* the capture kernel that tells of itself, and its next number */
	usec_t first, last;	/* heard */
	uint64_t basic_time_us; /* of the newest basic line */
	usec_t basic_heard;	/* when that came */
	uint64_t records, lost, reboots, crash_count;
	uint64_t received_us; /* of the datagram at hand */
	bool capture;	      /* its kernel is a capture kernel */
};

int source_shared_init(struct source_shared *s) _must_check_;
void source_shared_done(struct source_shared *s);

void source_init(struct source *s, const struct address *from, usec_t now);

/* received_us: by the wall clock. */
void source_put(struct source *s, struct source_shared *shared, const char *datagram, size_t len,
		usec_t now, uint64_t received_us);

/* Emits what waited too long; UINT64_MAX as now: all that waits. */
void source_expire(struct source *s, struct source_shared *shared, usec_t now,
		   uint64_t received_us);

/* UINT64_MAX: never. */
usec_t source_deadline(const struct source *s);

/* Without emitting. */
void source_done(struct source *s, struct source_shared *shared);
