/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/sender_path.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/rtnetlink.h"

#define MASTERS_MAX 8
#define DISCARD_PORT 9 /* RFC 863: what makes the kernel ask for the MAC disturbs nobody */

struct link {
	char name[IFNAMSIZ], kind[16];
	unsigned flags;
	unsigned short type; /* ARPHRD_… */
	int master;	     /* 0: none */
};

struct route {
	int index;
	unsigned char type; /* RTN_… */
	bool has_from, has_hop;
	struct in6_addr from, hop;
};

void sender_mac_text(const unsigned char mac[SENDER_MAC_SIZE], char ret[SENDER_MAC_TEXT])
{
	snprintf(ret, SENDER_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
}

/* ---- addresses as netlink has them ---- */

static int family_of(const struct in6_addr *ip)
{
	return IN6_IS_ADDR_V4MAPPED(ip) ? AF_INET : AF_INET6;
}

static const void *bytes_of(const struct in6_addr *ip, size_t *ret_len)
{
	bool v4 = IN6_IS_ADDR_V4MAPPED(ip);

	*ret_len = v4 ? sizeof(struct in_addr) : sizeof(*ip);
	return v4 ? &ip->s6_addr[12] : ip->s6_addr;
}

static void put_ip(struct rtnl_message *m, uint16_t type, const struct in6_addr *ip)
{
	size_t len;
	const void *bytes = bytes_of(ip, &len);

	rtnl_put(m, type, bytes, len);
}

static bool take_ip(const void *bytes, size_t len, struct in6_addr *ret)
{
	if (len == sizeof(struct in_addr)) {
		*ret = (struct in6_addr){ 0 };
		ret->s6_addr[10] = ret->s6_addr[11] = 0xff;
		memcpy(&ret->s6_addr[12], bytes, len);
	} else if (len == sizeof(*ret)) {
		memcpy(ret, bytes, len);
	}
	return len == sizeof(struct in_addr) || len == sizeof(*ret);
}

static void text_of(const struct in6_addr *ip, char ret[ADDRESS_TEXT_SIZE])
{
	const struct address a = { .ip = *ip };

	address_text(&a, ret);
}

/* ---- questions ---- */

static bool attribute_ip(const struct nlmsghdr *h, size_t fixed, uint16_t type,
			 struct in6_addr *ret)
{
	const struct rtattr *a = rtnl_attribute(h, fixed, type, sizeof(struct in_addr));

	return a && take_ip(RTA_DATA(a), RTA_PAYLOAD(a), ret);
}

static int take_route(void *user, const struct nlmsghdr *h)
{
	struct route *r = user;
	const struct rtmsg *m = rtnl_fixed(h, sizeof(*m));
	const struct rtattr *a;

	if (h->nlmsg_type != RTM_NEWROUTE || !m)
		return 0;
	r->type = m->rtm_type;
	a = rtnl_attribute(h, sizeof(*m), RTA_OIF, sizeof(int));
	if (a)
		memcpy(&r->index, RTA_DATA(a), sizeof(int));
	r->has_from = attribute_ip(h, sizeof(*m), RTA_PREFSRC, &r->from);
	r->has_hop = attribute_ip(h, sizeof(*m), RTA_GATEWAY, &r->hop);
	/* an IPv4 route through an IPv6 neighbour */
	a = rtnl_attribute(h, sizeof(*m), RTA_VIA, sizeof(struct rtvia) + sizeof(struct in_addr));
	if (a) {
		const struct rtvia *via = RTA_DATA(a);

		r->has_hop = take_ip(via->rtvia_addr, RTA_PAYLOAD(a) - sizeof(*via), &r->hop);
	}
	return 0;
}

static int ask_route(struct rtnl *n, const struct address *to, int index, struct route *ret,
		     struct error *e)
{
	struct rtmsg fixed = { .rtm_family = (unsigned char)family_of(&to->ip) };
	struct rtnl_message m;
	char text[ADDRESS_TEXT_SIZE];
	int r;

	fixed.rtm_dst_len = fixed.rtm_family == AF_INET ? 32 : 128;
	*ret = (struct route){ 0 };
	rtnl_message_begin(&m, RTM_GETROUTE, NLM_F_REQUEST, &fixed, sizeof(fixed));
	put_ip(&m, RTA_DST, &to->ip);
	if (index)
		rtnl_put_u32(&m, RTA_OIF, (uint32_t)index);
	r = rtnl_query(n, &m, take_route, ret);
	address_text(to, text);
	if (r < 0)
		return error_errno(e, r, "there is no route to %s", text);
	if (ret->type == RTN_LOCAL)
		return error_set(e, -EINVAL,
				 "%s is this machine: netconsole needs another one to receive",
				 text);
	if (ret->type == RTN_UNREACHABLE || ret->type == RTN_BLACKHOLE ||
	    ret->type == RTN_PROHIBIT || ret->index == 0)
		return error_set(e, -ENETUNREACH, "there is no route to %s", text);
	return 0;
}

static int take_link(void *user, const struct nlmsghdr *h)
{
	struct link *l = user;
	const struct ifinfomsg *m = rtnl_fixed(h, sizeof(*m));
	const struct rtattr *a;

	if (h->nlmsg_type != RTM_NEWLINK || !m)
		return 0;
	l->flags = m->ifi_flags;
	l->type = m->ifi_type;
	a = rtnl_attribute(h, sizeof(*m), IFLA_IFNAME, 1);
	if (a)
		snprintf(l->name, sizeof(l->name), "%.*s", (int)RTA_PAYLOAD(a),
			 (const char *)RTA_DATA(a));
	a = rtnl_attribute(h, sizeof(*m), IFLA_MASTER, sizeof(int));
	if (a)
		memcpy(&l->master, RTA_DATA(a), sizeof(int));
	a = rtnl_attribute(h, sizeof(*m), IFLA_LINKINFO, 1);
	a = a ? rtnl_nested(a, IFLA_INFO_KIND, 1) : NULL;
	if (a)
		snprintf(l->kind, sizeof(l->kind), "%.*s", (int)RTA_PAYLOAD(a),
			 (const char *)RTA_DATA(a));
	return 0;
}

static int ask_link(struct rtnl *n, int index, struct link *ret, struct error *e)
{
	struct ifinfomsg fixed = { .ifi_index = index };
	struct rtnl_message m;
	int r;

	*ret = (struct link){ 0 };
	rtnl_message_begin(&m, RTM_GETLINK, NLM_F_REQUEST, &fixed, sizeof(fixed));
	r = rtnl_query(n, &m, take_link, ret);
	return r < 0 ? error_errno(e, r, "interface %d", index) : 0;
}

struct neighbour {
	bool known;
	bool doubtful; /* nobody has heard of it for a while */
	unsigned char mac[SENDER_MAC_SIZE];
};

static int take_neighbour(void *user, const struct nlmsghdr *h)
{
	struct neighbour *found = user;
	const struct ndmsg *m = rtnl_fixed(h, sizeof(*m));
	const struct rtattr *a;

	if (h->nlmsg_type != RTM_NEWNEIGH || !m ||
	    m->ndm_state & (NUD_FAILED | NUD_INCOMPLETE | NUD_NOARP))
		return 0;
	a = rtnl_attribute(h, sizeof(*m), NDA_LLADDR, SENDER_MAC_SIZE);
	if (a && RTA_PAYLOAD(a) == SENDER_MAC_SIZE) {
		memcpy(found->mac, RTA_DATA(a), SENDER_MAC_SIZE);
		found->known = true;
		found->doubtful = m->ndm_state & NUD_STALE;
	}
	return 0;
}

static bool ask_neighbour(struct rtnl *n, const struct sender_path *p, struct neighbour *ret)
{
	struct ndmsg fixed = { .ndm_family = (unsigned char)family_of(&p->hop),
			       .ndm_ifindex = p->index };
	struct rtnl_message m;

	*ret = (struct neighbour){ 0 };
	rtnl_message_begin(&m, RTM_GETNEIGH, NLM_F_REQUEST, &fixed, sizeof(fixed));
	put_ip(&m, NDA_DST, &p->hop);
	return rtnl_query(n, &m, take_neighbour, ret) == 0 && ret->known;
}

/* ---- the way ---- */

static int judge_master(const char *port, const struct link *master, struct error *e)
{
	if (strcmp(master->kind, "vrf") != 0)
		return 0;
	return error_set(e, -EBUSY,
			 "%s belongs to the VRF %s, and netconsole takes no device that does", port,
			 master->name);
}

/* A port of a bridge or bond cannot be used: its master can. */
static int climb(struct rtnl *n, struct sender_path *p, struct link *l, struct buf *notes,
		 struct error *e)
{
	for (unsigned i = 0; l->master && i < MASTERS_MAX; i++) {
		char port[IFNAMSIZ];
		int r;

		strcpy(port, l->name);
		p->index = l->master;
		r = ask_link(n, p->index, l, e);
		if (r < 0)
			return r;
		r = judge_master(port, l, e);
		if (r < 0)
			return r;
		r = buf_printf(notes, "%s is a port of %s (%s): %s is used\n", port, l->name,
			       l->kind, l->name);
		if (r < 0)
			return r;
	}
	return 0;
}

static int judge_link(const struct link *l, struct buf *notes, struct error *e)
{
	if (l->type != ARPHRD_ETHER)
		return error_set(e, -EOPNOTSUPP,
				 "%s is no Ethernet device (%s): netconsole sends Ethernet frames, "
				 "and nothing else",
				 l->name, *l->kind ? l->kind : "of another type");
	if (!(l->flags & IFF_UP))
		return buf_printf(notes,
				  "%s is down: the kernel will take it up and wait for its link\n",
				  l->name);
	if (!(l->flags & IFF_RUNNING))
		return buf_printf(notes, "%s has no link: nothing goes out until it has one\n",
				  l->name);
	return 0;
}

/* Something small that nobody listens for: the kernel has to find the next hop for it. */
static void send_something(const struct address *to, const char *device)
{
	struct address discard = { .ip = to->ip, .port = DISCARD_PORT, .scope = to->scope };
	struct sockaddr_storage address;
	socklen_t len = address_to_socket(&discard, &address);
	_cleanup_close_ int fd =
		socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device) + 1);
	(void)!sendto(fd, "", 0, 0, (struct sockaddr *)&address, len);
}

/* Has the kernel ask for the MAC, or whether it is still so, without a datagram where we may. */
static void use_neighbour(struct rtnl *n, const struct sender_path *p)
{
	struct ndmsg fixed = { .ndm_family = (unsigned char)family_of(&p->hop),
			       .ndm_ifindex = p->index,
			       .ndm_flags = NTF_USE };
	struct rtnl_message m;

	rtnl_message_begin(&m, RTM_NEWNEIGH, NLM_F_REQUEST | NLM_F_CREATE, &fixed, sizeof(fixed));
	put_ip(&m, NDA_DST, &p->hop);
	if (rtnl_call(n, &m) < 0)
		send_something(&p->to, p->device);
}

static int find_mac(struct rtnl *n, struct sender_path *p, usec_t patience, struct error *e)
{
	_cleanup_rtnl_ struct rtnl events = { .fd = -1 };
	usec_t deadline = clock_now() + patience;
	struct neighbour found;
	char hop[ADDRESS_TEXT_SIZE];
	int r;

	if (!ask_neighbour(n, p, &found)) {
		r = rtnl_open(RTMGRP_NEIGH, &events, e);
		if (r < 0)
			return r;
		use_neighbour(n, p);
		while (!ask_neighbour(n, p, &found)) {
			r = rtnl_wait(&events, deadline, NULL, NULL);
			if (r < 0)
				break;
		}
	} else if (found.doubtful) {
		use_neighbour(n, p);
	}
	text_of(&p->hop, hop);
	if (!found.known)
		return error_set(
			e, -EHOSTUNREACH,
			"%s %s on %s does not tell its MAC address: is it up, and in this network? "
			"(--broadcast sends to everybody instead)",
			p->gateway ? "the gateway" : "the receiver", hop, p->device);
	memcpy(p->mac, found.mac, sizeof(p->mac));
	return 0;
}

/* "eth0, eth1": what could have been meant. */
static void list_links(char *ret, size_t size)
{
	struct if_nameindex *all = if_nameindex();
	size_t len = 0;

	*ret = '\0';
	for (const struct if_nameindex *i = all; i && i->if_index && len < size; i++)
		if (strcmp(i->if_name, "lo") != 0)
			len += (size_t)snprintf(ret + len, size - len, "%s%s", len ? ", " : "",
						i->if_name);
	if_freenameindex(all);
}

static int find_source(struct sender_path *p, const struct route *route,
		       const struct sender_path_options *o, struct error *e)
{
	char to[ADDRESS_TEXT_SIZE];
	struct address from;
	int r;

	if (o->from) {
		r = address_parse(o->from, 0, &from, e);
		if (r == 0 && family_of(&from.ip) != family_of(&p->to.ip))
			r = error_set(e, -EINVAL, "%s and the receiver are not of one family",
				      o->from);
		if (r == 0)
			p->from = from.ip;
		return r;
	}
	address_text(&p->to, to);
	if (!route->has_from)
		return error_set(e, -EDESTADDRREQ,
				 "%s has no %s address to send to %s from (--from ADDRESS)",
				 p->device, family_of(&p->to.ip) == AF_INET ? "IPv4" : "IPv6", to);
	p->from = route->from;
	return 0;
}

/* Its number. No route leads over one that is down or in a VRF, which is not what is wrong with it. */
static int take_device(struct rtnl *n, const char *device, int *ret_index, struct error *e)
{
	int index = (int)if_nametoindex(device), r;
	struct link link, master;
	char names[200];

	if (!index) {
		list_links(names, sizeof(names));
		return error_set(e, -ENODEV, "there is no interface %s; there are: %s", device,
				 names);
	}
	r = ask_link(n, index, &link, e);
	if (r < 0)
		return r;
	if (!(link.flags & IFF_UP) && !link.master)
		return error_set(e, -ENETDOWN, "%s is down: take it up first (ip link set %s up)",
				 device, device);
	r = link.master ? ask_link(n, link.master, &master, e) : 0;
	if (r == 0 && link.master)
		r = judge_master(device, &master, e);
	if (r == 0)
		*ret_index = index;
	return r;
}

static int find(struct rtnl *n, struct sender_path *p, const struct sender_path_options *o,
		struct buf *notes, struct error *e)
{
	int index = (int)p->to.scope, r = 0;
	struct route route;
	struct link link;

	if (o->device)
		r = take_device(n, o->device, &index, e);
	if (r < 0)
		return r;
	if (IN6_IS_ADDR_LINKLOCAL(&p->to.ip) && !index)
		return error_set(e, -EINVAL,
				 "a link-local address needs its interface: ADDRESS%%INTERFACE, or "
				 "--device");
	r = ask_route(n, &p->to, index, &route, e);
	if (r < 0)
		return r;
	p->index = route.index;
	r = ask_link(n, p->index, &link, e);
	if (r == 0)
		r = climb(n, p, &link, notes, e);
	if (r < 0)
		return r;
	strcpy(p->device, link.name);
	r = judge_link(&link, notes, e);
	if (r == 0)
		r = find_source(p, &route, o, e);
	if (r < 0)
		return r;
	p->gateway = route.has_hop;
	p->hop = route.has_hop ? route.hop : p->to.ip;
	if (o->broadcast) {
		memset(p->mac, 0xff, sizeof(p->mac));
		p->broadcast = true;
		return p->gateway ? buf_printf(notes, "a broadcast does not cross the router: the "
						      "receiver is not in this network\n")
				  : 0;
	}
	return find_mac(n, p, o->patience, e);
}

int sender_path_ask(struct rtnl *n, const struct address *to, const struct sender_path_options *o,
		    struct buf *notes, struct sender_path *ret, struct error *e)
{
	struct sender_path p = { .to = *to };
	int r = find(n, &p, o, notes, e);

	if (r == 0)
		*ret = p;
	return r;
}

int sender_path_find(const struct address *to, const struct sender_path_options *o,
		     struct buf *notes, struct sender_path *ret, struct error *e)
{
	_cleanup_rtnl_ struct rtnl n = { .fd = -1 };
	int r = rtnl_open(0, &n, e);

	return r == 0 ? sender_path_ask(&n, to, o, notes, ret, e) : r;
}
