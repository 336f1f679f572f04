/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The receivers of the plan, told by UDP. What they do not get is lost: nothing here waits for them longer than said.
 */
#include "base/buf.h"
#include "base/clock.h"
#include "netconsole/announce.h"
#include "netconsole/encode.h"
#include "plan/plan.h"

struct tell {
	const struct plan *plan;
	int fds[PLAN_RECEIVERS_MAX];
	char *names;	       /* dictionary lines: host and boot of the crashed kernel */
	char *release;	       /* its own; NULL: not known */
	char run[40];	       /* of this kernel, "lastword" and its boot's id */
	uint64_t next;	       /* number of what we tell ourselves */
	unsigned burst;	       /* datagrams since the last pause */
	uint64_t sent, failed; /* datagrams */
};

/* host, boot, release: of the crashed kernel, "" where not known. A receiver without a socket is said and left out. */
int tell_open(const struct plan *p, const char *host, const char *boot, const char *release,
	      struct tell *ret, struct error *e) _must_check_;
void tell_close(struct tell *t);

/* Of what becomes of the dump; said twice, as a datagram may be lost. */
void tell_stage(struct tell *t, enum announce_stage stage, const char *text);

/* A record of the crashed kernel; now and then it sleeps, so that no receiver's buffer overflows. */
void tell_record(struct tell *t, const struct encode_record *r);

/* Is the next hop to any receiver known to the kernel? Before, datagrams are only queued, or lost. */
bool tell_is_heard(const struct tell *t);
