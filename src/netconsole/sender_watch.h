/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Has the way to a receiver changed? The kernel tells of links, addresses, routes and neighbours; of the neighbours only those
 * matter that are the next hop of a receiver, when they move, fall silent or speak again.
 */
#include "base/rtnetlink.h"
#include "netconsole/sender_path.h"

struct sender_watch {
	struct rtnl events;
};

#define SENDER_WATCH_NONE ((struct sender_watch){ .events = { .fd = -1 } })

/* From here on nothing is missed. */
int sender_watch_open(struct sender_watch *ret, struct error *e) _must_check_;
void sender_watch_close(struct sender_watch *w);

#define _cleanup_sender_watch_ _cleanup_(sender_watch_close)

/* What is known of one receiver. */
struct sender_watched {
	const struct sender_path *path; /* the last one that was found; NULL: never */
	bool found;			/* it was when it was looked for last */
};

/* Does this message of the kernel matter? */
bool sender_watch_matters(const struct nlmsghdr *h, const struct sender_watched *watched,
			  size_t count);

/* Waits for what matters, then until it is quiet for a moment: 0; -ETIMEDOUT at the deadline of clock_now(). */
int sender_watch_wait(struct sender_watch *w, const struct sender_watched *watched, size_t count,
		      usec_t deadline) _must_check_;
