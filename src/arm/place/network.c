/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "arm/place/network_links.h"

#define SYS_DEVICES "/sys/devices/"

/* An address of either family. */
struct ip {
	int family;
	size_t len; /* bytes */
	uint8_t bytes[16];
};

struct finder {
	const struct root *root;
	struct rtnl *rtnl;
	struct links links;
	struct network *network;
	struct ip server, gateway, source; /* len 0: none */
	int index;			   /* of the interface that leads there */
};

static bool ip_parse(const char *text, struct ip *ret)
{
	if (inet_pton(AF_INET, text, ret->bytes) == 1) {
		ret->family = AF_INET;
		ret->len = 4;
	} else if (inet_pton(AF_INET6, text, ret->bytes) == 1) {
		ret->family = AF_INET6;
		ret->len = 16;
	} else {
		return false;
	}
	return true;
}

/* "" where there is none. */
static char *ip_text(const struct ip *ip)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (ip->len > 0)
		(void)!inet_ntop(ip->family, ip->bytes, text, sizeof(text));
	return strdup(text);
}

static void take_ip(const struct rtattr *a, int family, size_t len, struct ip *ret)
{
	if (!a)
		return;
	*ret = (struct ip){ .family = family, .len = len };
	memcpy(ret->bytes, RTA_DATA(a), len);
}

/* The answer to "how do I reach the server?" */
static int take_route(void *user, const struct nlmsghdr *h)
{
	const struct rtmsg *route = rtnl_fixed(h, sizeof(*route));
	struct finder *f = user;
	const struct rtattr *a;
	uint32_t index;

	if (h->nlmsg_type != RTM_NEWROUTE || !route)
		return 0;
	if (route->rtm_type == RTN_LOCAL)
		return -ELOOP;
	if (route->rtm_type != RTN_UNICAST)
		return -ENETUNREACH;
	a = rtnl_attribute(h, sizeof(*route), RTA_OIF, 4);
	if (a) {
		memcpy(&index, RTA_DATA(a), 4);
		f->index = (int)index;
	}
	take_ip(rtnl_attribute(h, sizeof(*route), RTA_GATEWAY, f->server.len), f->server.family,
		f->server.len, &f->gateway);
	take_ip(rtnl_attribute(h, sizeof(*route), RTA_PREFSRC, f->server.len), f->server.family,
		f->server.len, &f->source);
	return 0;
}

static int find_route(struct finder *f, const char *server, struct error *e)
{
	struct rtmsg route = {
		.rtm_family = (uint8_t)f->server.family,
		.rtm_dst_len = (uint8_t)(f->server.len * 8),
	};
	struct rtnl_message m;
	int r;

	rtnl_message_begin(&m, RTM_GETROUTE, 0, &route, sizeof(route));
	rtnl_put(&m, RTA_DST, f->server.bytes, f->server.len);
	r = rtnl_query(f->rtnl, &m, take_route, f);
	if (r == -ELOOP)
		return error_set(e, r, "%s is this machine", server);
	if (r < 0 || f->index == 0)
		return error_set(e, -ENETUNREACH,
				 "no route to %s; check the network, or add a fallback target",
				 server);
	return 0;
}

static int add_syspath(struct finder *f, const struct link *l, struct error *e)
{
	_cleanup_free_ char *joined = NULL, *real = NULL;
	struct network *n = f->network;
	char path[PATH_MAX];
	const char *at;
	char **grown;

	snprintf(path, sizeof(path), "/sys/class/net/%s/device", l->name);
	joined = root_join(f->root, path);
	real = joined ? realpath(joined, NULL) : NULL;
	at = real ? strstr(real, SYS_DEVICES) : NULL;
	if (!at || !l->has_mac)
		return error_set(e, -EOPNOTSUPP,
				 "the way to the target leads over %s%s%s%s, which a capture "
				 "kernel cannot set up",
				 l->name, *l->kind ? " (" : "", l->kind, *l->kind ? ")" : "");
	grown = reallocarray(n->syspaths, n->syspaths_count + 2, sizeof(*grown));
	if (!grown)
		return error_errno(e, -ENOMEM, "network");
	n->syspaths = grown;
	grown[n->syspaths_count + 1] = NULL;
	grown[n->syspaths_count] = strdup(at + strlen(SYS_DEVICES));
	return grown[n->syspaths_count++] ? 0 : error_errno(e, -ENOMEM, "network");
}

static const struct {
	const char *kind;
	enum plan_link_kind plan;
} kinds[] = {
	{ "", PLAN_LINK_HARDWARE },
	{ "vlan", PLAN_LINK_VLAN },
	{ "bond", PLAN_LINK_BOND },
	{ "bridge", PLAN_LINK_BRIDGE },
};

static enum plan_link_kind plan_kind(const struct link *l)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(kinds[i].kind, l->kind) == 0)
			return kinds[i].plan;
	return PLAN_LINK_HARDWARE; /* drivers of virtual machines have kinds too */
}

static const char *name_of(const struct finder *f, int index)
{
	const struct link *l = index ? links_find(&f->links, index) : NULL;

	return l ? l->name : "";
}

static int append_link(struct finder *f, const struct link *l, enum plan_link_kind kind,
		       struct error *e)
{
	struct network *n = f->network;
	struct plan_link *grown = reallocarray(n->links, n->links_count + 1, sizeof(*grown)), *to;
	char mac[18] = "";

	if (!grown)
		return error_errno(e, -ENOMEM, "network");
	n->links = grown;
	to = &grown[n->links_count++];
	if (l->has_mac)
		snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", l->mac[0], l->mac[1],
			 l->mac[2], l->mac[3], l->mac[4], l->mac[5]);
	*to = (struct plan_link){
		.name = strdup(l->name),
		.kind = kind,
		.mac = strdup(mac),
		.master = strdup(name_of(f, l->master)),
		.lower = strdup(kind == PLAN_LINK_VLAN ? name_of(f, l->lower) : ""),
		.mtu = l->mtu,
		.vlan = l->vlan,
		.vlan_protocol = l->vlan_protocol == ETH_P_8021Q ? 0 : l->vlan_protocol,
		.bond_mode = l->bond_mode,
		.bond_miimon = l->bond_miimon,
		.needs_carrier = l->index == f->index,
	};
	return to->name && to->mac && to->master && to->lower ? 0
							      : error_errno(e, -ENOMEM, "network");
}

/* A link and what it stands on, in the order in which a capture kernel makes them. */
static int add_link(struct finder *f, int index, unsigned depth, struct error *e)
{
	const struct link *l = links_find(&f->links, index);
	enum plan_link_kind kind;
	int r = 0;

	if (!l || depth > 8 || f->network->links_count == PLAN_LINKS_MAX)
		return error_set(e, -EOPNOTSUPP, "the network interfaces are nested too deep");
	if (l->loopback)
		return error_set(e, -ELOOP, "the way to the target leads over %s", l->name);
	kind = plan_kind(l);
	if (kind == PLAN_LINK_HARDWARE)
		r = add_syspath(f, l, e);
	else if (kind == PLAN_LINK_VLAN)
		r = add_link(f, l->lower, depth + 1, e);
	if (r == 0)
		r = append_link(f, l, kind, e);
	if (kind != PLAN_LINK_BOND && kind != PLAN_LINK_BRIDGE)
		return r;
	for (size_t i = 0; i < f->links.count && r == 0; i++)
		if (f->links.items[i].master == index)
			r = add_link(f, f->links.items[i].index, depth + 1, e);
	return r;
}

static int append_address(struct finder *f, const struct ip *ip, unsigned prefix)
{
	struct network *n = f->network;
	struct plan_address *grown =
		reallocarray(n->addresses, n->addresses_count + 1, sizeof(*grown));
	_cleanup_free_ char *text = ip_text(ip);
	struct plan_address *to;

	if (!grown || !text)
		return -ENOMEM;
	n->addresses = grown;
	to = &grown[n->addresses_count++];
	*to = (struct plan_address){ .link = strdup(name_of(f, f->index)) };
	if (asprintf(&to->address, "%s/%u", text, prefix) < 0)
		to->address = NULL;
	return to->address && to->link ? 0 : -ENOMEM;
}

/* Those of the interface and the server's family. Link-local ones come by themselves. */
static int take_address(void *user, const struct nlmsghdr *h)
{
	const struct ifaddrmsg *info = rtnl_fixed(h, sizeof(*info));
	struct finder *f = user;
	const struct rtattr *a;
	struct ip ip = { 0 };

	if (h->nlmsg_type != RTM_NEWADDR || !info || (int)info->ifa_index != f->index ||
	    info->ifa_family != f->server.family || info->ifa_scope == RT_SCOPE_LINK ||
	    info->ifa_flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED) ||
	    f->network->addresses_count == PLAN_ADDRESSES_MAX)
		return 0;
	a = rtnl_attribute(h, sizeof(*info), IFA_LOCAL, f->server.len);
	if (!a)
		a = rtnl_attribute(h, sizeof(*info), IFA_ADDRESS, f->server.len);
	take_ip(a, f->server.family, f->server.len, &ip);
	if (ip.len == 0)
		return 0;
	if (f->source.len == 0)
		f->source = ip;
	return append_address(f, &ip, info->ifa_prefixlen);
}

static int find_addresses(struct finder *f, const char *server, struct error *e)
{
	struct ifaddrmsg info = { .ifa_family = (uint8_t)f->server.family };
	struct rtnl_message m;
	int r;

	rtnl_message_begin(&m, RTM_GETADDR, NLM_F_DUMP, &info, sizeof(info));
	r = rtnl_query(f->rtnl, &m, take_address, f);
	if (r < 0)
		return error_errno(e, r, "addresses of %s", name_of(f, f->index));
	if (f->network->addresses_count == 0)
		return error_set(e, -EADDRNOTAVAIL, "%s has no address to reach %s from",
				 name_of(f, f->index), server);
	f->network->host_ip = ip_text(&f->source);
	return f->network->host_ip ? 0 : error_errno(e, -ENOMEM, "network");
}

/* To the server alone: that works where there is no default route, and disturbs nothing. */
static int add_route(struct finder *f, const char *server, struct error *e)
{
	struct plan_route *to = calloc(1, sizeof(*to));

	if (!to)
		return error_errno(e, -ENOMEM, "network");
	f->network->routes = to;
	f->network->routes_count = 1;
	*to = (struct plan_route){
		.to = strdup(server),
		.via = ip_text(&f->gateway),
		.source = ip_text(&f->source),
		.link = strdup(name_of(f, f->index)),
	};
	return to->to && to->via && to->source && to->link ? 0 : error_errno(e, -ENOMEM, "network");
}

int network_find(const struct root *root, const char *server, struct network *ret, struct error *e)
{
	_cleanup_network_ struct network n = { 0 };
	_cleanup_rtnl_ struct rtnl rtnl = { .fd = -1 };
	struct finder f = { .root = root, .rtnl = &rtnl, .network = &n };
	int r;

	if (!ip_parse(server, &f.server))
		return error_set(e, -EINVAL, "'%s' is no address", server);
	r = rtnl_open(0, &rtnl, e);
	if (r == 0)
		r = find_route(&f, server, e);
	if (r == 0)
		r = links_read(&rtnl, &f.links, e);
	if (r == 0)
		r = add_link(&f, f.index, 0, e);
	if (r == 0)
		r = find_addresses(&f, server, e);
	if (r == 0)
		r = add_route(&f, server, e);
	links_done(&f.links);
	if (r < 0)
		return r;
	*ret = n;
	n = (struct network){ 0 };
	return 0;
}

static bool has_link(struct network *n, const struct plan_link *l)
{
	for (size_t i = 0; i < n->links_count; i++)
		if (strcmp(n->links[i].name, l->name) == 0) {
			/* who comes late waits for itself, and for what was made */
			n->links[i].needs_carrier |= l->needs_carrier && !l->late;
			n->links[i].late &= l->late;
			return true;
		}
	return false;
}

static bool has_address(const struct network *n, const struct plan_address *a)
{
	for (size_t i = 0; i < n->addresses_count; i++)
		if (strcmp(n->addresses[i].address, a->address) == 0 &&
		    strcmp(n->addresses[i].link, a->link) == 0)
			return true;
	return false;
}

static bool has_route(const struct network *n, const struct plan_route *route)
{
	for (size_t i = 0; i < n->routes_count; i++)
		if (strcmp(n->routes[i].to, route->to) == 0)
			return true;
	return false;
}

static bool has_syspath(const struct network *n, const char *syspath)
{
	for (size_t i = 0; i < n->syspaths_count; i++)
		if (strcmp(n->syspaths[i], syspath) == 0)
			return true;
	return false;
}

/* Room for all of both lists, so that moving cannot fail half-way. */
static int make_room(struct network *to, const struct network *from)
{
	struct plan_link *links =
		reallocarray(to->links, to->links_count + from->links_count + 1, sizeof(*links));
	struct plan_address *addresses;
	struct plan_route *routes;
	char **syspaths;

	if (!links)
		return -ENOMEM;
	to->links = links;
	addresses = reallocarray(to->addresses, to->addresses_count + from->addresses_count + 1,
				 sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	to->addresses = addresses;
	routes = reallocarray(to->routes, to->routes_count + from->routes_count + 1,
			      sizeof(*routes));
	if (!routes)
		return -ENOMEM;
	to->routes = routes;
	syspaths = reallocarray(to->syspaths, to->syspaths_count + from->syspaths_count + 1,
				sizeof(*syspaths));
	if (!syspaths)
		return -ENOMEM;
	to->syspaths = syspaths;
	return 0;
}

int network_merge(struct network *to, struct network *from, struct error *e)
{
	if (to->links_count + from->links_count > PLAN_LINKS_MAX ||
	    to->addresses_count + from->addresses_count > PLAN_ADDRESSES_MAX ||
	    make_room(to, from) < 0)
		return error_set(e, -E2BIG, "the targets need too many network interfaces");
	for (size_t i = 0; i < from->links_count; i++)
		if (!has_link(to, &from->links[i])) {
			to->links[to->links_count++] = from->links[i];
			from->links[i] = (struct plan_link){ 0 };
		}
	for (size_t i = 0; i < from->addresses_count; i++)
		if (!has_address(to, &from->addresses[i])) {
			to->addresses[to->addresses_count++] = from->addresses[i];
			from->addresses[i] = (struct plan_address){ 0 };
		}
	for (size_t i = 0; i < from->routes_count; i++)
		if (!has_route(to, &from->routes[i])) {
			to->routes[to->routes_count++] = from->routes[i];
			from->routes[i] = (struct plan_route){ 0 };
		}
	for (size_t i = 0; i < from->syspaths_count; i++)
		if (!has_syspath(to, from->syspaths[i]))
			to->syspaths[to->syspaths_count++] = TAKE_PTR(from->syspaths[i]);
	if (!to->host_ip)
		to->host_ip = TAKE_PTR(from->host_ip);
	network_done(from);
	return 0;
}

void network_done(struct network *n)
{
	for (size_t i = 0; i < n->links_count; i++) {
		free(n->links[i].name);
		free(n->links[i].mac);
		free(n->links[i].master);
		free(n->links[i].lower);
	}
	for (size_t i = 0; i < n->addresses_count; i++) {
		free(n->addresses[i].address);
		free(n->addresses[i].link);
	}
	for (size_t i = 0; i < n->routes_count; i++) {
		free(n->routes[i].to);
		free(n->routes[i].via);
		free(n->routes[i].source);
		free(n->routes[i].link);
	}
	for (size_t i = 0; i < n->syspaths_count; i++)
		free(n->syspaths[i]);
	free(n->links);
	free(n->addresses);
	free(n->routes);
	free(n->host_ip);
	free(n->syspaths);
	*n = (struct network){ 0 };
}
