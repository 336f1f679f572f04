/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The machine's network interfaces, as rtnetlink tells them. */
#include <net/if.h>

#include "base/cleanup.h"
#include "base/rtnetlink.h"

#define LINKS_MAX 4096

struct link {
	int index, lower, master; /* 0: none */
	char name[IFNAMSIZ];
	char kind[16]; /* "vlan", "bond", …; "" for hardware and what has none */
	uint8_t mac[6];
	bool has_mac; /* six bytes, as Ethernet has */
	bool loopback;
	uint32_t mtu, vlan, vlan_protocol, bond_mode, bond_miimon;
};

struct links {
	struct link *items;
	size_t count;
};

int links_read(struct rtnl *n, struct links *ret, struct error *e) _must_check_;
const struct link *links_find(const struct links *l, int index);
void links_done(struct links *l);

#define _cleanup_links_ _cleanup_(links_done)
