/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The network of the plan that is armed beside the one there is now. Read from /sys and /proc, so that a plan for a card that is
 * gone can still be told from one for another address.
 */
#include <arpa/inet.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "arm/doctor/target.h"

#define CLASS_NET "/sys/class/net"

struct card {
	const struct root *root;
	const char *mac;
	char name[64]; /* of the one that has it */
};

static void look_at_card(void *user, const char *name)
{
	struct card *c = user;
	char path[PATH_MAX], mac[64];

	snprintf(path, sizeof(path), CLASS_NET "/%s/bonding_slave/perm_hwaddr", name);
	if (!look_line(c->root, path, mac, sizeof(mac))) {
		snprintf(path, sizeof(path), CLASS_NET "/%s/address", name);
		(void)look_line(c->root, path, mac, sizeof(mac));
	}
	if (strcasecmp(mac, c->mac) == 0)
		snprintf(c->name, sizeof(c->name), "%s", name);
}

/* The address a card was made with is what a capture kernel sees; /sys tells the one it has now, which a bond changes. */
static bool has_mac(const struct facts *f, const char *mac)
{
	struct card c = { .root = f->root, .mac = mac };
	const struct plan *now = f->composed_r == 0 ? f->composed.plan : NULL;

	for (size_t i = 0; now && i < now->links_count; i++)
		if (strcasecmp(now->links[i].mac ?: "", mac) == 0)
			return true;
	look_directory(f->root, CLASS_NET, look_at_card, &c);
	return *c.name;
}

/* The plan's cards, where there is a plan; without any there is no array. */
#define for_each_hardware(l, plan)                                                                 \
	for (const struct plan_link *l = (plan) ? (plan)->links : NULL;                            \
	     l && l < (plan)->links + (plan)->links_count; l++)                                    \
		if (l->kind == PLAN_LINK_HARDWARE)

static void check_card(struct doctor *d)
{
	const struct facts *f = d->facts;
	char path[PATH_MAX];

	for_each_hardware(l, f->armed_plan)
	{
		snprintf(path, sizeof(path), CLASS_NET "/%s", l->name);
		if (has_mac(f, l->mac) || look_exists(f->root, path))
			continue;
		found(d, target_fault(f), "network card %s of the armed plan is gone", l->name);
		evidence(d, "no " CLASS_NET "/*/address is %s", l->mac);
		fix(d, "ip link; then lastword arm");
	}
}

static void check_mac(struct doctor *d)
{
	const struct facts *f = d->facts;
	char path[PATH_MAX], mac[64];

	for_each_hardware(l, f->armed_plan)
	{
		snprintf(path, sizeof(path), CLASS_NET "/%s/address", l->name);
		if (has_mac(f, l->mac) || !look_line(f->root, path, mac, sizeof(mac)))
			continue;
		found(d, target_fault(f),
		      "%s has another hardware address: the capture kernel would not find it",
		      l->name);
		evidence(d, "armed with %s, %s is %s", l->mac, path, mac);
		fix(d, "lastword arm");
	}
}

static void check_carrier(struct doctor *d)
{
	const struct facts *f = d->facts;
	char path[PATH_MAX];

	for_each_hardware(l, f->armed_plan)
	{
		snprintf(path, sizeof(path), CLASS_NET "/%s/carrier", l->name);
		if (!l->needs_carrier || !look_is(f->root, path, "0"))
			continue;
		found(d, FINDING_WARNING, "%s has no link now", l->name);
		evidence(d, "%s is 0", path);
		fix(d, "see to the cable and the switch: ethtool %s", l->name);
	}
}

/* Does this machine have the address, which has no prefix length? */
static bool has_address(const struct facts *f, const char *address)
{
	_cleanup_buf_ struct buf text = { 0 };
	char wanted[INET6_ADDRSTRLEN + 32];
	struct in6_addr v6;
	size_t at = 0;

	if (inet_pton(AF_INET6, address, &v6) == 1) {
		for (size_t i = 0; i < sizeof(v6); i++)
			at += (size_t)snprintf(wanted + at, sizeof(wanted) - at, "%02x",
					       v6.s6_addr[i]);
		return look_contains(f->root, "/proc/net/if_inet6", wanted);
	}
	snprintf(wanted, sizeof(wanted), "|-- %s\n", address);
	return root_read_file(f->root, "/proc/net/fib_trie", MIB(4), &text) == 0 && text.len &&
	       strstr(text.data, wanted);
}

static bool is_known(struct doctor *d)
{
	if (look_exists(d->facts->root, "/proc/net/fib_trie"))
		return true;
	skipped(d, "no /proc/net/fib_trie");
	return false;
}

static void check_address(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!f->armed_plan || !f->armed_plan->addresses_count || !is_known(d))
		return;
	for (size_t i = 0; i < f->armed_plan->addresses_count; i++) {
		const struct plan_address *a = &f->armed_plan->addresses[i];
		char address[INET6_ADDRSTRLEN + 8];

		snprintf(address, sizeof(address), "%.*s", (int)strcspn(a->address, "/"),
			 a->address);
		if (has_address(f, address))
			continue;
		found(d, target_fault(f),
		      "this machine has no longer the address %s, with which the "
		      "capture kernel would come",
		      a->address);
		evidence(d, "armed with %s on %s", a->address, a->link);
		fix(d, "lastword arm");
	}
}

/* Gateways of IPv4, as /proc/net/route has them: eight hexadecimal digits in the host's order. */
static bool has_gateway(const struct facts *f, const char *via)
{
	struct in_addr v4;
	struct in6_addr v6;
	char wanted[64];
	size_t at = 0;

	if (inet_pton(AF_INET, via, &v4) == 1) {
		snprintf(wanted, sizeof(wanted), "\t%08X\t", v4.s_addr);
		return look_contains(f->root, "/proc/net/route", wanted);
	}
	if (inet_pton(AF_INET6, via, &v6) != 1)
		return true;
	for (size_t i = 0; i < sizeof(v6); i++)
		at += (size_t)snprintf(wanted + at, sizeof(wanted) - at, "%02x", v6.s6_addr[i]);
	return look_contains(f->root, "/proc/net/ipv6_route", wanted);
}

static void check_gateway(struct doctor *d)
{
	const struct facts *f = d->facts;

	if (!f->armed_plan)
		return;
	for (size_t i = 0; i < f->armed_plan->routes_count; i++) {
		const struct plan_route *route = &f->armed_plan->routes[i];

		if (!*route->via || has_gateway(f, route->via))
			continue;
		found(d, target_fault(f),
		      "%s is no gateway any more, and the capture kernel would go that way",
		      route->via);
		evidence(d, "armed with: to %s via %s on %s", route->to, route->via, route->link);
		fix(d, "ip route; then lastword arm");
	}
}

/* What the firmware booted from over the network: its own table says so, and the disk is a session's. */
static void check_iscsi(struct doctor *d)
{
	const struct facts *f = d->facts;
	char path[PATH_MAX], link[PATH_MAX];

	for_each_target(t, f)
	{
		ssize_t n;

		if (!*t->disk)
			continue;
		snprintf(path, sizeof(path), "sys/class/block/%s", t->disk);
		n = readlinkat(f->root->fd, path, link, sizeof(link) - 1);
		link[MAX(n, 0)] = '\0';
		if (!strstr(link, "/session"))
			continue;
		found(d, target_fault(f),
		      "'%s' is a disk over iSCSI: a capture kernel does not log in there",
		      t->words);
		evidence(d, "/%s -> %s%s", path, link,
			 look_exists(f->root, "/sys/firmware/ibft")
				 ? "; the firmware boots from it (/sys/firmware/ibft)"
				 : "");
		fix(d, "name NFS, SSH or a local disk in " CONFIG_PATH "; then lastword arm");
	}
}

const struct check checks_network[] = {
	{ "network-card", "network", "the armed plan's network cards are there", FINDING_FAILURE,
	  check_card },
	{ "network-mac", "network", "they have the hardware addresses of the plan", FINDING_FAILURE,
	  check_mac },
	{ "network-carrier", "network", "they have a link", FINDING_WARNING, check_carrier },
	{ "network-address", "network", "the machine has the plan's addresses", FINDING_FAILURE,
	  check_address },
	{ "network-gateway", "network", "the plan's gateways are still gateways", FINDING_FAILURE,
	  check_gateway },
	{ "target-iscsi", "network", "no target is a disk over iSCSI", FINDING_FAILURE,
	  check_iscsi },
	{ 0 },
};
