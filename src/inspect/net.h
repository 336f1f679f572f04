/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The parts of `net`. json: an array is open in it; NULL: text. */
#include "inspect/command.h"

struct net_show {
	struct inspect *c;
	struct object_source source;
	struct json *json;
	struct error damage; /* the first */
};

/* Remembers the first damage. */
void net_damage(struct net_show *n, int err, const struct error *why);

/* "10.1.2.3" or "fd00::5" of the address in memory that the object is; "?" where it cannot be read. */
#define NET_ADDRESS_SIZE 48
void net_address(struct net_show *n, const struct object *address, char ret[NET_ADDRESS_SIZE]);

/* The devices of the struct net, with their addresses. */
int net_devices(struct net_show *n, const struct object *net, struct error *e) _must_check_;

/* The ARP cache. */
int net_neighbours(struct net_show *n, struct error *e) _must_check_;

struct net_sockets {
	bool whole;	    /* the structs too */
	bool hex;	    /* in them */
	const char *wanted; /* a socket's, sock's address or a file descriptor; NULL: all */
};

/* The sockets that a task has open. */
int net_sockets(struct net_show *n, const struct task *task, const struct net_sockets *o,
		struct error *e) _must_check_;
