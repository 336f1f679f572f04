/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/sender_watch.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>

/* Changes come in rows. */
#define QUIET (USEC_PER_SEC / 2)
#define QUIET_MAX (10 * QUIET)

int sender_watch_open(struct sender_watch *ret, struct error *e)
{
	return rtnl_open(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
				 RTMGRP_IPV6_ROUTE | RTMGRP_NEIGH,
			 &ret->events, e);
}

void sender_watch_close(struct sender_watch *w)
{
	rtnl_close(&w->events);
}

static bool is_hop(const struct nlmsghdr *h, const struct ndmsg *m, const struct sender_path *p)
{
	bool v4 = IN6_IS_ADDR_V4MAPPED(&p->hop);
	const void *hop = v4 ? &p->hop.s6_addr[12] : p->hop.s6_addr;
	size_t len = v4 ? sizeof(struct in_addr) : sizeof(p->hop);
	const struct rtattr *a = rtnl_attribute(h, sizeof(*m), NDA_DST, len);

	return m->ndm_ifindex == p->index && a && RTA_PAYLOAD(a) == len &&
	       memcmp(RTA_DATA(a), hop, len) == 0;
}

static bool is_news(const struct nlmsghdr *h, const struct ndmsg *m, const struct sender_watched *w)
{
	const struct rtattr *a = rtnl_attribute(h, sizeof(*m), NDA_LLADDR, SENDER_MAC_SIZE);

	if (h->nlmsg_type == RTM_DELNEIGH)
		return false;
	if (m->ndm_state & (NUD_FAILED | NUD_INCOMPLETE))
		return w->found && (m->ndm_state & NUD_FAILED);
	return a && (!w->found || memcmp(RTA_DATA(a), w->path->mac, SENDER_MAC_SIZE) != 0);
}

bool sender_watch_matters(const struct nlmsghdr *h, const struct sender_watched *watched,
			  size_t count)
{
	const struct ndmsg *m = rtnl_fixed(h, sizeof(*m));

	if (h->nlmsg_type != RTM_NEWNEIGH && h->nlmsg_type != RTM_DELNEIGH)
		return true;
	for (size_t i = 0; m && i < count; i++)
		if (watched[i].path && is_hop(h, m, watched[i].path) && is_news(h, m, &watched[i]))
			return true;
	return false;
}

struct seen {
	const struct sender_watched *watched;
	size_t count;
	bool matters;
};

static int look(void *user, const struct nlmsghdr *h)
{
	struct seen *s = user;

	s->matters |= sender_watch_matters(h, s->watched, s->count);
	return 0;
}

int sender_watch_wait(struct sender_watch *w, const struct sender_watched *watched, size_t count,
		      usec_t deadline)
{
	struct seen s = { .watched = watched, .count = count };
	usec_t latest = 0;
	int r;

	for (;;) {
		usec_t until = s.matters ? MIN(clock_now() + QUIET, latest) : deadline;

		r = rtnl_wait(&w->events, until, look, &s);
		if (r == -ETIMEDOUT)
			return s.matters ? 0 : r;
		/* what did not fit is a change, too */
		if (r < 0 && r != -ENOBUFS)
			return r;
		s.matters |= r == -ENOBUFS;
		if (s.matters && latest == 0)
			latest = clock_now() + QUIET_MAX;
	}
}
