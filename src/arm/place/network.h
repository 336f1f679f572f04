/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The way to a server through this machine's network as it is now: the interface that leads there with all it stands on, its
 * addresses, and a route. What a DHCP server lent is taken as it is.
 */
#include "base/error.h"
#include "base/root.h"
#include "plan/plan.h"

struct network {
	struct plan_link *links; /* in the plan's order */
	size_t links_count;
	struct plan_address *addresses;
	size_t addresses_count;
	struct plan_route *routes;
	size_t routes_count;
	char *host_ip;	 /* what the server sees */
	char **syspaths; /* of the hardware, below /sys/devices; ends with NULL */
	size_t syspaths_count;
};

/*
 * server: a numeric address, IPv4 or IPv6. -ENETUNREACH no route; -ELOOP it is this machine; -EOPNOTSUPP the way leads over
 * something that cannot be made again (a tunnel).
 */
int network_find(const struct root *root, const char *server, struct network *ret,
		 struct error *e) _must_check_;

/* Adds what `from` has and `to` has not, and empties `from`. The host's address is the first one's. */
int network_merge(struct network *to, struct network *from, struct error *e) _must_check_;

void network_done(struct network *n);

#define _cleanup_network_ _cleanup_(network_done)
