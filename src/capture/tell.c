/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/tell.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/io.h"
#include "base/rtnetlink.h"
#include "capture/console.h"

/* 1600 records a second: a receiver with the kernel's usual buffer (208 KiB) may be away for a tenth of a second. */
#define BURST 16
#define BURST_PAUSE (10 * USEC_PER_MSEC)
#define BLOCKED_MS 100

#define LEVEL_INFO 6
#define BOOT_ID "/proc/sys/kernel/random/boot_id"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* text "": any address. 0 where it is none. */
static socklen_t address_of(const char *text, int family, uint32_t port, union address *ret)
{
	*ret = (union address){ .v6 = { .sin6_family = AF_INET6,
					.sin6_port = htons((uint16_t)port) } };
	if (family != AF_INET && inet_pton(AF_INET6, *text ? text : "::", &ret->v6.sin6_addr) == 1)
		return sizeof(ret->v6);
	*ret = (union address){ .v4 = { .sin_family = AF_INET,
					.sin_port = htons((uint16_t)port) } };
	return family != AF_INET6 &&
			       inet_pton(AF_INET, *text ? text : "0.0.0.0", &ret->v4.sin_addr) == 1
		       ? sizeof(ret->v4)
		       : 0;
}

/* As the crashed kernel was seen: a receiver tells machines apart by address and port. */
static void bind_ours(int fd, const struct plan_receiver *r, int family)
{
	union address ours;
	socklen_t len = address_of(r->source, family, r->our_port, &ours);

	if (len && bind(fd, &ours.any, len) == 0)
		return;
	len = address_of("", family, r->our_port, &ours);
	(void)!bind(fd, &ours.any, len);
}

static int open_one(const struct plan_receiver *r)
{
	union address to;
	socklen_t len = address_of(r->address, AF_UNSPEC, r->port, &to);
	_cleanup_close_ int fd = -1;

	if (!len)
		return -EINVAL;
	fd = socket(to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	bind_ours(fd, r, to.any.sa_family);
	return connect(fd, &to.any, len) < 0 ? -errno : TAKE_FD(fd);
}

static void make_run(char *ret, size_t size)
{
	_cleanup_buf_ struct buf id = { 0 };

	if (read_file_at(AT_FDCWD, BOOT_ID, 64, &id) < 0 || !id.data)
		snprintf(ret, size, "%llu", (unsigned long long)clock_now());
	else
		snprintf(ret, size, "%.*s", (int)strcspn(id.data, "\n"), id.data);
}

int tell_open(const struct plan *p, const char *host, const char *boot, const char *release,
	      struct tell *ret, struct error *e)
{
	_cleanup_buf_ struct buf names = { 0 };
	struct tell t = { .plan = p };
	int r = encode_field(&names, "host", host);

	if (r == 0)
		r = encode_field(&names, "boot", boot);
	if (r == 0)
		r = buf_append(&names, "", 0);
	if (r < 0)
		return error_errno(e, r, "receivers");
	t.names = strdup(names.data ?: "");
	t.release = *release ? strdup(release) : NULL;
	if (!t.names || (*release && !t.release))
		return error_errno(e, -ENOMEM, "receivers");
	make_run(t.run, sizeof(t.run));
	for (size_t i = 0; i < p->receivers_count; i++) {
		t.fds[i] = open_one(&p->receivers[i]);
		if (t.fds[i] < 0)
			say("last words: %s: %s", p->receivers[i].address,
			    strerrordesc_np(-t.fds[i]));
	}
	*ret = t;
	return 0;
}

void tell_close(struct tell *t)
{
	for (size_t i = 0; i < t->plan->receivers_count; i++)
		if (t->fds[i] >= 0)
			close(t->fds[i]);
	free(t->names);
	free(t->release);
}

static bool send_one(int fd, const char *datagram, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	/* the first error may be that of a datagram before */
	for (unsigned tries = 0; tries < 3; tries++) {
		if (send(fd, datagram, len, MSG_NOSIGNAL) >= 0)
			return true;
		if (errno == EAGAIN && poll(&p, 1, BLOCKED_MS) <= 0)
			return false;
	}
	return false;
}

static int send_all(void *user, const char *datagram, size_t len)
{
	struct tell *t = user;

	for (size_t i = 0; i < t->plan->receivers_count; i++) {
		if (t->fds[i] < 0)
			continue;
		if (send_one(t->fds[i], datagram, len))
			t->sent++;
		else
			t->failed++;
	}
	return 0;
}

/* What cannot be said for want of memory is not said. */
static int put_fields(const struct tell *t, const char *kind, const char *stage, struct buf *out)
{
	int r = buf_append(out, t->names, strlen(t->names));

	if (r == 0)
		r = encode_field(out, ANNOUNCE_KEY, kind);
	if (r == 0 && *stage)
		r = encode_field(out, ANNOUNCE_RUN, t->run);
	return r < 0 ? r : encode_field(out, ANNOUNCE_STAGE, stage);
}

void tell_stage(struct tell *t, enum announce_stage stage, const char *text)
{
	_cleanup_buf_ struct buf fields = { 0 };
	const struct encode_record r = {
		.seq = t->next++,
		.time_us = clock_now(),
		.priority = LEVEL_INFO,
		.caller = "",
		.text = text,
		.len = strlen(text),
		.subsystem = "",
		.device = "",
	};

	if (put_fields(t, ANNOUNCE_CAPTURE, announce_stage_names[stage], &fields) < 0)
		return;
	for (unsigned i = 0; i < 2; i++)
		(void)!encode_record(&r, t->release, fields.data, send_all, t);
}

void tell_record(struct tell *t, const struct encode_record *r)
{
	_cleanup_buf_ struct buf fields = { 0 };

	if (put_fields(t, ANNOUNCE_RESENT, "", &fields) < 0)
		return;
	(void)!encode_record(r, t->release, fields.data, send_all, t);
	if (++t->burst % BURST == 0)
		usleep(BURST_PAUSE);
}

/* ---- the next hop ---- */

struct hop {
	const struct plan *plan;
	bool known;
};

/* The gateway on the way to it, or itself. */
static const char *hop_of(const struct plan *p, const struct plan_receiver *r)
{
	for (size_t i = 0; i < p->routes_count; i++)
		if (strcmp(p->routes[i].to, r->address) == 0 && *p->routes[i].via)
			return p->routes[i].via;
	return r->address;
}

static int take_neighbour(void *user, const struct nlmsghdr *h)
{
	const struct ndmsg *m = rtnl_fixed(h, sizeof(*m));
	struct hop *hop = user;
	size_t len = m && m->ndm_family == AF_INET6 ? 16 : 4;
	const struct rtattr *a;
	union address to;

	if (h->nlmsg_type != RTM_NEWNEIGH || !m ||
	    !(m->ndm_state & (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)))
		return 0;
	a = rtnl_attribute(h, sizeof(*m), NDA_DST, len);
	for (size_t i = 0; a && i < hop->plan->receivers_count; i++) {
		const char *wanted = hop_of(hop->plan, &hop->plan->receivers[i]);

		if (!address_of(wanted, AF_UNSPEC, 0, &to) || to.any.sa_family != m->ndm_family)
			continue;
		if (memcmp(RTA_DATA(a),
			   len == 16 ? (void *)&to.v6.sin6_addr : (void *)&to.v4.sin_addr,
			   len) == 0)
			hop->known = true;
	}
	return 0;
}

bool tell_is_heard(const struct tell *t)
{
	struct ndmsg all = { .ndm_family = AF_UNSPEC };
	_cleanup_rtnl_ struct rtnl n = { .fd = -1 };
	struct hop hop = { .plan = t->plan };
	struct rtnl_message m;

	if (rtnl_open(0, &n, NULL) < 0)
		return false;
	rtnl_message_begin(&m, RTM_GETNEIGH, NLM_F_DUMP, &all, sizeof(all));
	return rtnl_query(&n, &m, take_neighbour, &hop) == 0 && hop.known;
}
