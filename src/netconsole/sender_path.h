/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The way to a receiver, as netpoll wants to be told it: netpoll neither routes nor asks for addresses, so the device, the
 * source and the MAC of the next hop are found here, by asking the kernel.
 */
#include <net/if.h>

#include "base/buf.h"
#include "base/clock.h"
#include "netconsole/address.h"

#define SENDER_MAC_SIZE 6

struct sender_path {
	struct address to;    /* and its port */
	struct in6_addr from; /* v4 as ::ffff:a.b.c.d */
	struct in6_addr hop;  /* who has the MAC: the receiver or a gateway */
	bool gateway;
	char device[IFNAMSIZ];
	int index;
	unsigned char mac[SENDER_MAC_SIZE];
	bool broadcast; /* the MAC is everybody's */
};

struct sender_path_options {
	bool broadcast;	    /* do not ask for the MAC */
	const char *device; /* NULL: as routed */
	const char *from;   /* NULL: as routed */
	usec_t patience;    /* for the MAC */
};

/*
 * notes: lines about what was found on the way and may surprise. Each failure has its own words: no route, a device that
 * cannot do it, no address of the family, nobody who answers.
 */
int sender_path_find(const struct address *to, const struct sender_path_options *o,
		     struct buf *notes, struct sender_path *ret, struct error *e) _must_check_;

/* The same, asking over an open socket. */
struct rtnl;
int sender_path_ask(struct rtnl *n, const struct address *to, const struct sender_path_options *o,
		    struct buf *notes, struct sender_path *ret, struct error *e) _must_check_;

#define SENDER_MAC_TEXT 18
void sender_mac_text(const unsigned char mac[SENDER_MAC_SIZE], char ret[SENDER_MAC_TEXT]);
