/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/network_links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_u32(const struct rtattr *a, uint32_t *ret)
{
	if (a)
		memcpy(ret, RTA_DATA(a), sizeof(*ret));
	return a;
}

static void read_word(const struct rtattr *a, char *ret, size_t size)
{
	if (a)
		snprintf(ret, size, "%.*s", (int)RTA_PAYLOAD(a), (const char *)RTA_DATA(a));
}

static void read_u16(const struct rtattr *a, uint16_t *ret)
{
	if (a)
		memcpy(ret, RTA_DATA(a), sizeof(*ret));
}

static void read_vlan(const struct rtattr *data, struct link *l)
{
	uint16_t vlan = 0, protocol = 0;

	read_u16(rtnl_nested(data, IFLA_VLAN_ID, sizeof(vlan)), &vlan);
	read_u16(rtnl_nested(data, IFLA_VLAN_PROTOCOL, sizeof(protocol)), &protocol);
	l->vlan = vlan;
	l->vlan_protocol = ntohs(protocol);
}

static void read_kind(const struct rtattr *info, struct link *l)
{
	const struct rtattr *data, *a;
	uint8_t mode;

	if (!info)
		return;
	read_word(rtnl_nested(info, IFLA_INFO_KIND, 1), l->kind, sizeof(l->kind));
	data = rtnl_nested(info, IFLA_INFO_DATA, 0);
	if (!data)
		return;
	if (strcmp(l->kind, "vlan") == 0) {
		read_vlan(data, l);
	} else if (strcmp(l->kind, "bond") == 0) {
		a = rtnl_nested(data, IFLA_BOND_MODE, sizeof(mode));
		if (a) {
			memcpy(&mode, RTA_DATA(a), sizeof(mode));
			l->bond_mode = mode;
		}
		(void)read_u32(rtnl_nested(data, IFLA_BOND_MIIMON, 4), &l->bond_miimon);
	}
}

/* Hardware of a bond shows the bond's address; its own is the permanent one. */
static void read_mac(const struct nlmsghdr *h, struct link *l)
{
	static const uint16_t types[] = { IFLA_PERM_ADDRESS, IFLA_ADDRESS };

	for (size_t i = 0; i < ARRAY_SIZE(types) && !l->has_mac; i++) {
		const struct rtattr *a =
			rtnl_attribute(h, sizeof(struct ifinfomsg), types[i], sizeof(l->mac));

		if (!a || RTA_PAYLOAD(a) != sizeof(l->mac))
			continue;
		memcpy(l->mac, RTA_DATA(a), sizeof(l->mac));
		l->has_mac = true;
	}
}

static int take_link(void *user, const struct nlmsghdr *h)
{
	const size_t fixed = sizeof(struct ifinfomsg);
	const struct ifinfomsg *info = rtnl_fixed(h, fixed);
	struct links *links = user;
	struct link l = { 0 }, *grown;
	uint32_t number;

	if (h->nlmsg_type != RTM_NEWLINK || !info)
		return 0;
	if (links->count == LINKS_MAX)
		return -E2BIG;
	l.index = info->ifi_index;
	l.loopback = info->ifi_flags & IFF_LOOPBACK;
	read_word(rtnl_attribute(h, fixed, IFLA_IFNAME, 1), l.name, sizeof(l.name));
	(void)read_u32(rtnl_attribute(h, fixed, IFLA_MTU, 4), &l.mtu);
	if (read_u32(rtnl_attribute(h, fixed, IFLA_LINK, 4), &number))
		l.lower = (int)number;
	if (read_u32(rtnl_attribute(h, fixed, IFLA_MASTER, 4), &number))
		l.master = (int)number;
	read_mac(h, &l);
	read_kind(rtnl_attribute(h, fixed, IFLA_LINKINFO, 0), &l);
	grown = reallocarray(links->items, links->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	links->items = grown;
	links->items[links->count++] = l;
	return 0;
}

int links_read(struct rtnl *n, struct links *ret, struct error *e)
{
	_cleanup_links_ struct links links = { 0 };
	struct ifinfomsg info = { .ifi_family = AF_UNSPEC };
	struct rtnl_message m;
	int r;

	rtnl_message_begin(&m, RTM_GETLINK, NLM_F_DUMP, &info, sizeof(info));
	r = rtnl_query(n, &m, take_link, &links);
	if (r < 0)
		return error_errno(e, r, "network interfaces");
	*ret = links;
	links = (struct links){ 0 };
	return 0;
}

const struct link *links_find(const struct links *l, int index)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].index == index)
			return &l->items[i];
	return NULL;
}

void links_done(struct links *l)
{
	free(l->items);
	*l = (struct links){ 0 };
}
