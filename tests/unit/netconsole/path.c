/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way to a receiver, asked of a made-up kernel: what it finds, and what it says of each thing that is in the way. */
#include "../test.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <net/if_arp.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>

#include "base/rtnetlink.h"
#include "netconsole/sender_path.h"

#define LINKS 4
#define MAC "\x02\xfc\x00\x00\x00\x05"

/* What the kernel is made to answer. Interfaces have the numbers 2, 3 …; the route leads over number 2. Number 1, the only one with a name outside, is
 * the first one, too. */
struct world {
	int route_errno;
	unsigned char route_type; /* 0: RTN_UNICAST */
	const char *source, *gateway, *via;
	struct {
		const char *name, *kind;
		unsigned flags;
		unsigned short type; /* 0: ARPHRD_ETHER */
		int master;
	} links[LINKS];
	uint16_t neighbour; /* its state; 0: unknown */
	bool learns;	    /* when it is asked for */
};

struct kernel {
	struct world world;
	int fd;
	unsigned used; /* times that a neighbour was to be asked */
};

/* ---- the made-up kernel ---- */

static void put_address(struct rtnl_message *m, uint16_t type, const char *text)
{
	struct address a;
	bool v4 = strchr(text, ':') == NULL;

	assert_int_equal(address_parse(text, 0, &a, NULL), 0);
	rtnl_put(m, type, v4 ? &a.ip.s6_addr[12] : a.ip.s6_addr, v4 ? 4 : 16);
}

static void begin(struct rtnl_message *m, const struct nlmsghdr *to, uint16_t type,
		  const void *fixed, size_t len)
{
	rtnl_message_begin(m, type, 0, fixed, len);
	m->header.nlmsg_seq = to->nlmsg_seq;
}

static void answer_code(struct kernel *k, const struct nlmsghdr *h, int code)
{
	const struct nlmsgerr fixed = { .error = code };
	struct rtnl_message m;

	begin(&m, h, NLMSG_ERROR, &fixed, sizeof(fixed));
	assert_true(send(k->fd, m.bytes, m.header.nlmsg_len, 0) > 0);
}

static void answer_route(struct kernel *k, const struct nlmsghdr *h)
{
	const struct world *w = &k->world;
	const struct rtmsg fixed = { .rtm_type = w->route_type ?: RTN_UNICAST };
	struct rtnl_message m;

	begin(&m, h, RTM_NEWROUTE, &fixed, sizeof(fixed));
	rtnl_put_u32(&m, RTA_OIF, 2);
	if (w->source)
		put_address(&m, RTA_PREFSRC, w->source);
	if (w->gateway)
		put_address(&m, RTA_GATEWAY, w->gateway);
	if (w->via) {
		const uint16_t family = AF_INET6;
		char via[sizeof(family) + sizeof(struct in6_addr)];
		struct address a;

		assert_int_equal(address_parse(w->via, 0, &a, NULL), 0);
		memcpy(via, &family, sizeof(family));
		memcpy(via + sizeof(family), &a.ip, sizeof(a.ip));
		rtnl_put(&m, RTA_VIA, via, sizeof(via));
	}
	assert_true(send(k->fd, m.bytes, m.header.nlmsg_len, 0) > 0);
}

static void answer_link(struct kernel *k, const struct nlmsghdr *h)
{
	const struct ifinfomsg *asked = NLMSG_DATA(h);
	size_t i = asked->ifi_index == 1 ? 0 : (size_t)asked->ifi_index - 2;
	struct ifinfomsg fixed = { .ifi_index = asked->ifi_index };
	struct rtnl_message m;
	struct rtattr *nest;

	assert_true(i < LINKS && k->world.links[i].name);
	fixed.ifi_flags = k->world.links[i].flags;
	fixed.ifi_type = k->world.links[i].type ?: ARPHRD_ETHER;
	begin(&m, h, RTM_NEWLINK, &fixed, sizeof(fixed));
	rtnl_put_string(&m, IFLA_IFNAME, k->world.links[i].name);
	if (k->world.links[i].master)
		rtnl_put_u32(&m, IFLA_MASTER, (uint32_t)k->world.links[i].master);
	if (k->world.links[i].kind) {
		nest = rtnl_nest(&m, IFLA_LINKINFO);
		rtnl_put_string(&m, IFLA_INFO_KIND, k->world.links[i].kind);
		rtnl_nest_end(&m, nest);
	}
	assert_true(send(k->fd, m.bytes, m.header.nlmsg_len, 0) > 0);
}

static void answer_neighbour(struct kernel *k, const struct nlmsghdr *h)
{
	struct ndmsg fixed = { .ndm_state = k->world.neighbour };
	struct rtnl_message m;

	if (!k->world.neighbour) {
		answer_code(k, h, -ENOENT);
		return;
	}
	begin(&m, h, RTM_NEWNEIGH, &fixed, sizeof(fixed));
	rtnl_put(&m, NDA_LLADDR, MAC, SENDER_MAC_SIZE);
	assert_true(send(k->fd, m.bytes, m.header.nlmsg_len, 0) > 0);
}

static void *be_kernel(void *argument)
{
	struct kernel *k = argument;
	struct rtnl_message m;

	while (recv(k->fd, m.bytes, sizeof(m.bytes), 0) > 0)
		switch (m.header.nlmsg_type) {
		case RTM_GETROUTE:
			if (k->world.route_errno)
				answer_code(k, &m.header, -k->world.route_errno);
			else
				answer_route(k, &m.header);
			break;
		case RTM_GETLINK:
			answer_link(k, &m.header);
			break;
		case RTM_GETNEIGH:
			answer_neighbour(k, &m.header);
			break;
		case RTM_NEWNEIGH:
			k->used++;
			if (k->world.learns)
				k->world.neighbour = NUD_REACHABLE;
			answer_code(k, &m.header, 0);
			break;
		}
	return NULL;
}

static int ask(struct kernel *k, const char *to, const struct sender_path_options *o,
	       struct buf *notes, struct sender_path *ret, struct error *e)
{
	struct rtnl n = { .fd = -1 };
	struct address address;
	pthread_t thread;
	int ends[2], r;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	n.fd = ends[0];
	k->fd = ends[1];
	assert_int_equal(address_parse(to, 6666, &address, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, be_kernel, k), 0);
	r = sender_path_ask(&n, &address, o, notes, ret, e);
	rtnl_close(&n);
	pthread_join(thread, NULL);
	close(ends[1]);
	return r;
}

/* ---- what is asked of it ---- */

#define UP (IFF_UP | IFF_RUNNING)
#define ETH0 .links = { { .name = "eth0", .flags = UP } }
#define SEEN .neighbour = NUD_REACHABLE

static const struct {
	const char *name, *to;
	struct world world;
	struct sender_path_options options;
	int code;	    /* 0: it works */
	const char *words;  /* of the error, or of the notes; NULL: no notes */
	const char *device; /* that is used */
	unsigned used;
} cases[] = {
	{ "plain", "10.0.0.2", { ETH0, SEEN, .source = "10.0.0.1" }, { 0 }, 0, NULL, "eth0", 0 },
	{ "IPv6", "fd00::2", { ETH0, SEEN, .source = "fd00::1" }, { 0 }, 0, NULL, "eth0", 0 },
	{ "routed",
	  "192.0.2.1",
	  { ETH0, SEEN, .source = "10.0.0.1", .gateway = "10.0.0.254" },
	  { 0 },
	  0,
	  NULL,
	  "eth0",
	  0 },
	{ "IPv4 through IPv6",
	  "192.0.2.1",
	  { ETH0, SEEN, .source = "10.0.0.1", .via = "fe80::1" },
	  { 0 },
	  0,
	  NULL,
	  "eth0",
	  0 },
	{ "no route",
	  "192.0.2.1",
	  { .route_errno = ENETUNREACH },
	  { 0 },
	  -ENETUNREACH,
	  "there is no route to 192.0.2.1",
	  NULL,
	  0 },
	{ "blackhole",
	  "192.0.2.1",
	  { .route_type = RTN_BLACKHOLE },
	  { 0 },
	  -ENETUNREACH,
	  "there is no route to 192.0.2.1",
	  NULL,
	  0 },
	{ "itself",
	  "10.0.0.1",
	  { .route_type = RTN_LOCAL },
	  { 0 },
	  -EINVAL,
	  "10.0.0.1 is this machine",
	  NULL,
	  0 },
	{ "port of a bridge",
	  "10.0.0.2",
	  { .links = { { .name = "eth0", .flags = UP, .master = 3 },
		       { .name = "br0", .kind = "bridge", .flags = UP } },
	    SEEN,
	    .source = "10.0.0.1" },
	  { 0 },
	  0,
	  "eth0 is a port of br0 (bridge): br0 is used",
	  "br0",
	  0 },
	{ "port of a bond in a bridge",
	  "10.0.0.2",
	  { .links = { { .name = "eth0", .flags = UP, .master = 3 },
		       { .name = "bond0", .kind = "bond", .flags = UP, .master = 4 },
		       { .name = "br0", .kind = "bridge", .flags = UP } },
	    SEEN,
	    .source = "10.0.0.1" },
	  { 0 },
	  0,
	  "bond0 is a port of br0 (bridge): br0 is used",
	  "br0",
	  0 },
	{ "masters in a circle",
	  "10.0.0.2",
	  { .links = { { .name = "a", .flags = UP, .master = 3 },
		       { .name = "b", .kind = "bond", .flags = UP, .master = 2 } },
	    SEEN,
	    .source = "10.0.0.1" },
	  { 0 },
	  0,
	  "a is a port of b (bond): b is used",
	  "a",
	  0 },
	{ "VRF",
	  "10.0.0.2",
	  { .links = { { .name = "eth0", .flags = UP, .master = 3 },
		       { .name = "red", .kind = "vrf", .flags = UP } },
	    SEEN,
	    .source = "10.0.0.1" },
	  { 0 },
	  -EBUSY,
	  "eth0 belongs to the VRF red",
	  NULL,
	  0 },
	{ "tunnel",
	  "10.0.0.2",
	  { .links = { { .name = "wg0", .kind = "wireguard", .flags = UP, .type = ARPHRD_NONE } },
	    SEEN,
	    .source = "10.0.0.1" },
	  { 0 },
	  -EOPNOTSUPP,
	  "wg0 is no Ethernet device (wireguard)",
	  NULL,
	  0 },
	{ "down",
	  "10.0.0.2",
	  { .links = { { .name = "eth0" } }, SEEN, .source = "10.0.0.1" },
	  { 0 },
	  0,
	  "eth0 is down: the kernel will take it up",
	  "eth0",
	  0 },
	{ "no link",
	  "10.0.0.2",
	  { .links = { { .name = "eth0", .flags = IFF_UP } }, SEEN, .source = "10.0.0.1" },
	  { 0 },
	  0,
	  "eth0 has no link",
	  "eth0",
	  0 },
	{ "no address",
	  "10.0.0.2",
	  { ETH0, SEEN },
	  { 0 },
	  -EDESTADDRREQ,
	  "eth0 has no IPv4 address to send to 10.0.0.2 from (--from ADDRESS)",
	  NULL,
	  0 },
	{ "no IPv6 address",
	  "fd00::2",
	  { ETH0, SEEN },
	  { 0 },
	  -EDESTADDRREQ,
	  "eth0 has no IPv6 address",
	  NULL,
	  0 },
	{ "source as told",
	  "10.0.0.2",
	  { ETH0, SEEN },
	  { .from = "10.0.0.7" },
	  0,
	  NULL,
	  "eth0",
	  0 },
	{ "source of the other family",
	  "10.0.0.2",
	  { ETH0, SEEN },
	  { .from = "fd00::1" },
	  -EINVAL,
	  "not of one family",
	  NULL,
	  0 },
	{ "link-local",
	  "fe80::1",
	  { ETH0 },
	  { 0 },
	  -EINVAL,
	  "needs its interface: ADDRESS%INTERFACE",
	  NULL,
	  0 },
	{ "no such interface",
	  "10.0.0.2",
	  { ETH0 },
	  { .device = "nic7" },
	  -ENODEV,
	  "there is no interface nic7; there are: ",
	  NULL,
	  0 },
	{ "interface down",
	  "10.0.0.2",
	  { .links = { { .name = "lo" } } },
	  { .device = "lo" },
	  -ENETDOWN,
	  "lo is down: take it up first",
	  NULL,
	  0 },
	{ "interface of a VRF",
	  "10.0.0.2",
	  { .route_errno = ENETUNREACH,
	    .links = { { .name = "lo", .flags = UP, .master = 3 },
		       { .name = "red", .kind = "vrf", .flags = UP } } },
	  { .device = "lo" },
	  -EBUSY,
	  "lo belongs to the VRF red",
	  NULL,
	  0 },
	{ "silent receiver",
	  "10.0.0.2",
	  { ETH0, .source = "10.0.0.1" },
	  { 0 },
	  -EHOSTUNREACH,
	  "the receiver 10.0.0.2 on eth0 does not tell its MAC",
	  NULL,
	  1 },
	{ "failed receiver",
	  "10.0.0.2",
	  { ETH0, .source = "10.0.0.1", .neighbour = NUD_FAILED },
	  { 0 },
	  -EHOSTUNREACH,
	  "--broadcast",
	  NULL,
	  1 },
	{ "silent gateway",
	  "192.0.2.1",
	  { ETH0, .source = "10.0.0.1", .gateway = "10.0.0.254" },
	  { 0 },
	  -EHOSTUNREACH,
	  "the gateway 10.0.0.254 on eth0 does not tell its MAC",
	  NULL,
	  1 },
	{ "answers when asked",
	  "10.0.0.2",
	  { ETH0, .source = "10.0.0.1", .learns = true },
	  { 0 },
	  0,
	  NULL,
	  "eth0",
	  1 },
	{ "not heard of for a while",
	  "10.0.0.2",
	  { ETH0, .source = "10.0.0.1", .neighbour = NUD_STALE },
	  { 0 },
	  0,
	  NULL,
	  "eth0",
	  1 },
	{ "static",
	  "10.0.0.2",
	  { ETH0, .source = "10.0.0.1", .neighbour = NUD_PERMANENT },
	  { 0 },
	  0,
	  NULL,
	  "eth0",
	  0 },
	{ "broadcast",
	  "10.0.0.2",
	  { ETH0, .source = "10.0.0.1" },
	  { .broadcast = true },
	  0,
	  NULL,
	  "eth0",
	  0 },
	{ "broadcast behind a router",
	  "192.0.2.1",
	  { ETH0, .source = "10.0.0.1", .gateway = "10.0.0.254" },
	  { .broadcast = true },
	  0,
	  "a broadcast does not cross the router",
	  "eth0",
	  0 },
};

static void ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct kernel k = { .world = cases[i].world };
		_cleanup_buf_ struct buf notes = { 0 };
		struct sender_path p = { 0 };
		struct error e = { 0 };
		int r = ask(&k, cases[i].to, &cases[i].options, &notes, &p, &e);
		const char *said = r < 0 ? e.text : notes.data ?: "";

		if (r != cases[i].code || !strstr(said, cases[i].words ?: "") ||
		    k.used != cases[i].used || (r == 0 && !cases[i].words && *said) ||
		    (r == 0 && strcmp(p.device, cases[i].device) != 0))
			fail_msg("%s: %d, '%s', by %s, %u asked", cases[i].name, r, said, p.device,
				 k.used);
		if (r == 0)
			assert_memory_equal(
				p.mac,
				cases[i].options.broadcast ? "\xff\xff\xff\xff\xff\xff" : MAC, 6);
	}
}

static void hops(void **state)
{
	const struct sender_path_options o = { 0 };
	struct kernel k = { .world = { ETH0, SEEN, .source = "10.0.0.1", .via = "fe80::1" } };
	_cleanup_buf_ struct buf notes = { 0 };
	struct sender_path p;
	struct address hop;

	(void)state;
	assert_int_equal(ask(&k, "192.0.2.1", &o, &notes, &p, NULL), 0);
	assert_int_equal(address_parse("fe80::1", 0, &hop, NULL), 0);
	assert_true(p.gateway);
	assert_memory_equal(&p.hop, &hop.ip, sizeof(hop.ip));
	assert_int_equal(p.index, 2);
	assert_int_equal(p.to.port, 6666);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ways),
		cmocka_unit_test(hops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
