/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/rtnetlink.h"
#include "capture/console.h"

#define MAC_SIZE 6

/* A link of the plan and what it is in this kernel, where hardware may have another name. */
struct up {
	const struct plan_link *planned;
	int index; /* 0: not there */
	bool carrier;
};

struct network {
	const struct plan *plan;
	bool late; /* those links are set up, and the others left alone */
	struct rtnl calls, events;
	usec_t deadline;
	struct up ups[PLAN_LINKS_MAX];
};

static struct up *up_find(struct network *n, const char *name)
{
	for (size_t i = 0; i < n->plan->links_count; i++)
		if (strcmp(n->plan->links[i].name, name) == 0)
			return &n->ups[i];
	return NULL;
}

static bool mac_parse(const char *text, uint8_t ret[MAC_SIZE])
{
	int end = 0;

	return sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &ret[0], &ret[1], &ret[2],
		      &ret[3], &ret[4], &ret[5], &end) == MAC_SIZE &&
	       text[end] == '\0';
}

struct hardware {
	uint8_t mac[MAC_SIZE];
	int index;
};

static bool has_mac(const struct nlmsghdr *h, uint16_t type, const uint8_t mac[MAC_SIZE])
{
	const struct rtattr *a = rtnl_attribute(h, sizeof(struct ifinfomsg), type, MAC_SIZE);

	return a && memcmp(RTA_DATA(a), mac, MAC_SIZE) == 0;
}

/* VLANs and bonds share their hardware's address; they say what kind they are. */
static int match_hardware(void *user, const struct nlmsghdr *h)
{
	const struct ifinfomsg *info = rtnl_fixed(h, sizeof(*info));
	struct hardware *want = user;

	if (h->nlmsg_type != RTM_NEWLINK || !info ||
	    rtnl_attribute(h, sizeof(*info), IFLA_LINKINFO, 0))
		return 0;
	if (has_mac(h, IFLA_PERM_ADDRESS, want->mac) || has_mac(h, IFLA_ADDRESS, want->mac))
		want->index = info->ifi_index;
	return 0;
}

/* There now, or announced until the deadline: drivers find their hardware late. deadline 0: there now. */
static int find_hardware(struct network *n, struct up *up, usec_t deadline, struct error *e)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct hardware want = { .index = 0 };
	struct rtnl_message m;
	int r;

	if (!mac_parse(up->planned->mac, want.mac))
		return error_set(e, -EINVAL, "%s: no hardware address", up->planned->name);
	rtnl_message_begin(&m, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	r = rtnl_query(&n->calls, &m, match_hardware, &want);
	while (r == 0 && want.index == 0)
		r = rtnl_wait(&n->events, deadline, match_hardware, &want);
	if (r < 0)
		return error_set(e, r,
				 "%s: there is no network interface with address %s; its driver is "
				 "missing or the hardware gone",
				 up->planned->name, up->planned->mac);
	up->index = want.index;
	return 0;
}

static void put_kind(struct rtnl_message *m, const struct plan_link *l)
{
	static const char *const kinds[] = {
		[PLAN_LINK_HARDWARE] = "",
		[PLAN_LINK_VLAN] = "vlan",
		[PLAN_LINK_BOND] = "bond",
		[PLAN_LINK_BRIDGE] = "bridge",
	};
	struct rtattr *info = rtnl_nest(m, IFLA_LINKINFO), *data;
	uint16_t vlan = (uint16_t)l->vlan, protocol = htons((uint16_t)l->vlan_protocol);
	uint8_t mode = (uint8_t)l->bond_mode;

	rtnl_put_string(m, IFLA_INFO_KIND, kinds[l->kind]);
	data = rtnl_nest(m, IFLA_INFO_DATA);
	if (l->kind == PLAN_LINK_VLAN)
		rtnl_put(m, IFLA_VLAN_ID, &vlan, sizeof(vlan));
	if (l->kind == PLAN_LINK_VLAN && protocol)
		rtnl_put(m, IFLA_VLAN_PROTOCOL, &protocol, sizeof(protocol));
	if (l->kind == PLAN_LINK_BOND) {
		rtnl_put(m, IFLA_BOND_MODE, &mode, sizeof(mode));
		if (l->bond_miimon)
			rtnl_put_u32(m, IFLA_BOND_MIIMON, l->bond_miimon);
	}
	rtnl_nest_end(m, data);
	rtnl_nest_end(m, info);
}

static int remove_link(struct network *n, const char *name)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct rtnl_message m;

	rtnl_message_begin(&m, RTM_DELLINK, 0, &info, sizeof(info));
	rtnl_put_string(&m, IFLA_IFNAME, name);
	return rtnl_call(&n->calls, &m);
}

static int create_link(struct network *n, const struct plan_link *l)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct up *lower = l->kind == PLAN_LINK_VLAN ? up_find(n, l->lower) : NULL;
	uint8_t mac[MAC_SIZE];
	struct rtnl_message m;

	if (l->kind == PLAN_LINK_VLAN && (!lower || !lower->index))
		return -ENODEV;
	rtnl_message_begin(&m, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &info, sizeof(info));
	rtnl_put_string(&m, IFLA_IFNAME, l->name);
	if (mac_parse(l->mac, mac))
		rtnl_put(&m, IFLA_ADDRESS, mac, sizeof(mac));
	if (lower)
		rtnl_put_u32(&m, IFLA_LINK, (uint32_t)lower->index);
	put_kind(&m, l);
	return rtnl_call(&n->calls, &m);
}

/* The bonding module brings a bond0 of its own, with other settings. */
static int make_virtual(struct network *n, struct up *up, struct error *e)
{
	const struct plan_link *l = up->planned;
	int r = create_link(n, l);

	if (r == -EEXIST && remove_link(n, l->name) == 0)
		r = create_link(n, l);
	if (r < 0)
		return error_errno(e, r, "%s: make the interface", l->name);
	up->index = (int)if_nametoindex(l->name);
	return up->index ? 0 : error_set(e, -ENODEV, "%s: it is not there", l->name);
}

/* attribute 0: flags alone. */
static int change_link(struct network *n, const struct up *up, unsigned flags, uint16_t attribute,
		       uint32_t value)
{
	struct ifinfomsg info = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = up->index,
		.ifi_flags = flags,
		.ifi_change = flags ? IFF_UP : 0,
	};
	struct rtnl_message m;

	rtnl_message_begin(&m, RTM_NEWLINK, 0, &info, sizeof(info));
	if (attribute)
		rtnl_put_u32(&m, attribute, value);
	return rtnl_call(&n->calls, &m);
}

static int set_up_link(struct network *n, struct up *up, struct error *e)
{
	const struct plan_link *l = up->planned;
	struct up *master = *l->master ? up_find(n, l->master) : NULL;
	int r = l->kind == PLAN_LINK_HARDWARE ? find_hardware(n, up, n->deadline, e)
					      : make_virtual(n, up, e);

	if (r < 0)
		return r;
	if (l->mtu && change_link(n, up, 0, IFLA_MTU, l->mtu) < 0)
		say("network: %s: MTU %u was refused", l->name, l->mtu);
	if (master && master->index)
		r = change_link(n, up, 0, IFLA_MASTER, (uint32_t)master->index);
	if (r < 0)
		return error_errno(e, r, "%s: join %s", l->name, l->master);
	r = change_link(n, up, IFF_UP, 0, 0);
	return r < 0 ? error_errno(e, r, "%s: set up", l->name) : 0;
}

static int note_carrier(void *user, const struct nlmsghdr *h)
{
	const struct ifinfomsg *info = rtnl_fixed(h, sizeof(*info));
	struct up *up = user;

	if (h->nlmsg_type == RTM_NEWLINK && info && info->ifi_index == up->index)
		up->carrier = info->ifi_flags & IFF_RUNNING;
	return 0;
}

static int wait_for_carrier(struct network *n, struct up *up, struct error *e)
{
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC, .ifi_index = up->index };
	struct rtnl_message m;
	int r;

	rtnl_message_begin(&m, RTM_GETLINK, 0, &info, sizeof(info));
	r = rtnl_query(&n->calls, &m, note_carrier, up);
	while (r == 0 && !up->carrier)
		r = rtnl_wait(&n->events, n->deadline, note_carrier, up);
	if (r == -ETIMEDOUT)
		return error_set(e, r, "%s has no link: is the cable in, is the switch on?",
				 up->planned->name);
	return r < 0 ? error_errno(e, r, "%s", up->planned->name) : 0;
}

/* "10.0.2.15/24", or without a prefix: the whole address. */
static int parse_prefix(const char *text, int *ret_family, uint8_t ret[16], size_t *ret_len,
			uint8_t *ret_bits)
{
	char address[INET6_ADDRSTRLEN];
	size_t n = strcspn(text, "/");
	uint64_t bits;

	if (n >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, n);
	address[n] = '\0';
	*ret_family = strchr(address, ':') ? AF_INET6 : AF_INET;
	*ret_len = *ret_family == AF_INET6 ? 16 : 4;
	if (inet_pton(*ret_family, address, ret) != 1)
		return -EINVAL;
	bits = *ret_len * 8;
	if (text[n] == '/' && parse_decimal(text + n + 1, bits, &bits) < 0)
		return -EINVAL;
	*ret_bits = (uint8_t)bits;
	return 0;
}

/* IPv6 asks first whether somebody has the address (RFC 4862): this machine had it a minute ago. */
static int add_address(struct network *n, const struct plan_address *a)
{
	struct up *up = up_find(n, a->link);
	struct ifaddrmsg info = { .ifa_flags = IFA_F_NODAD };
	struct rtnl_message m;
	uint8_t bytes[16];
	size_t len;
	int family, r;

	if (!up || !up->index)
		return -ENODEV;
	r = parse_prefix(a->address, &family, bytes, &len, &info.ifa_prefixlen);
	if (r < 0)
		return r;
	info.ifa_family = (uint8_t)family;
	info.ifa_index = (unsigned)up->index;
	rtnl_message_begin(&m, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, &info, sizeof(info));
	rtnl_put(&m, IFA_LOCAL, bytes, len);
	rtnl_put(&m, IFA_ADDRESS, bytes, len);
	return rtnl_call(&n->calls, &m);
}

/* The gateway may lie outside of every prefix, as clouds have it: onlink. */
static int add_route(struct network *n, const struct plan_route *route)
{
	struct up *up = up_find(n, route->link);
	struct rtmsg info = {
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = RTPROT_STATIC,
		.rtm_type = RTN_UNICAST,
		.rtm_scope = *route->via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_flags = *route->via ? RTNH_F_ONLINK : 0,
	};
	uint8_t to[16], bytes[16], bits;
	bool is_default = strcmp(route->to, "default") == 0;
	struct rtnl_message m;
	size_t len;
	int family, r;

	if (!up || !up->index)
		return -ENODEV;
	r = parse_prefix(is_default ? route->via : route->to, &family, to, &len, &info.rtm_dst_len);
	if (r < 0)
		return r;
	info.rtm_family = (uint8_t)family;
	if (is_default)
		info.rtm_dst_len = 0;
	rtnl_message_begin(&m, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, &info, sizeof(info));
	if (!is_default)
		rtnl_put(&m, RTA_DST, to, len);
	rtnl_put_u32(&m, RTA_OIF, (uint32_t)up->index);
	if (*route->via && parse_prefix(route->via, &family, bytes, &len, &bits) == 0)
		rtnl_put(&m, RTA_GATEWAY, bytes, len);
	if (*route->source && parse_prefix(route->source, &family, bytes, &len, &bits) == 0)
		rtnl_put(&m, RTA_PREFSRC, bytes, len);
	return rtnl_call(&n->calls, &m);
}

/* Made by who came before. */
static void find_made(struct network *n, struct up *up)
{
	if (up->planned->kind == PLAN_LINK_HARDWARE)
		(void)!find_hardware(n, up, 0, NULL);
	else
		up->index = (int)if_nametoindex(up->planned->name);
}

static bool is_on_other(struct network *n, const char *link)
{
	const struct up *up = up_find(n, link);

	return up && up->planned->late != n->late;
}

static int set_up_links(struct network *n, struct error *e)
{
	struct error why = { 0 };
	int r;

	for (size_t i = 0; i < n->plan->links_count; i++) {
		n->ups[i].planned = &n->plan->links[i];
		if (n->ups[i].planned->late != n->late) {
			if (n->late)
				find_made(n, &n->ups[i]);
			continue;
		}
		r = set_up_link(n, &n->ups[i], &why);
		if (r < 0 && n->ups[i].planned->needs_carrier)
			return error_set(e, r, "%s", error_text(&why));
		if (r < 0)
			say("network: %s", error_text(&why));
	}
	for (size_t i = 0; i < n->plan->addresses_count; i++) {
		if (is_on_other(n, n->plan->addresses[i].link))
			continue;
		r = add_address(n, &n->plan->addresses[i]);
		if (r < 0)
			return error_errno(e, r, "address %s", n->plan->addresses[i].address);
	}
	for (size_t i = 0; i < n->plan->links_count; i++) {
		if (!n->ups[i].planned->needs_carrier || n->ups[i].planned->late != n->late)
			continue;
		r = wait_for_carrier(n, &n->ups[i], e);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < n->plan->routes_count; i++) {
		if (is_on_other(n, n->plan->routes[i].link))
			continue;
		r = add_route(n, &n->plan->routes[i]);
		if (r < 0)
			return error_errno(e, r, "route to %s", n->plan->routes[i].to);
	}
	return 0;
}

bool network_has(const struct plan *p, bool late)
{
	for (size_t i = 0; i < p->links_count; i++)
		if (p->links[i].late == late)
			return true;
	return false;
}

int network_up(const struct plan *p, bool late, usec_t deadline, struct error *e)
{
	_cleanup_free_ struct network *n = calloc(1, sizeof(*n));
	int r;

	if (!n)
		return error_errno(e, -ENOMEM, "network");
	n->plan = p;
	n->late = late;
	n->deadline = deadline;
	n->calls.fd = n->events.fd = -1;
	r = rtnl_open(0, &n->calls, e);
	if (r == 0)
		r = rtnl_open(RTMGRP_LINK, &n->events, e);
	if (r == 0)
		r = set_up_links(n, e);
	rtnl_close(&n->calls);
	rtnl_close(&n->events);
	return r;
}
