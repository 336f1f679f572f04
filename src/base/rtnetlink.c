/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/rtnetlink.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/io.h"

/* The kernel fills a dump's messages into pieces of at most 32 KiB (net/netlink/af_netlink.c). */
#define ANSWER_MAX 32768

int rtnl_open(unsigned groups, struct rtnl *ret, struct error *e)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
	_cleanup_close_ int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_errno(e, -errno, "rtnetlink");
	*ret = (struct rtnl){ .fd = TAKE_FD(fd) };
	return 0;
}

void rtnl_close(struct rtnl *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

void rtnl_message_begin(struct rtnl_message *m, uint16_t type, uint16_t flags, const void *fixed,
			size_t len)
{
	memset(m, 0, sizeof(*m));
	m->header.nlmsg_len = NLMSG_LENGTH(len);
	m->header.nlmsg_type = type;
	m->header.nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(NLMSG_DATA(&m->header), fixed, len);
}

void rtnl_put(struct rtnl_message *m, uint16_t type, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(m->header.nlmsg_len);
	struct rtattr attribute = { .rta_len = RTA_LENGTH(len), .rta_type = type };

	if (len > RTNL_MESSAGE_MAX || at + RTA_SPACE(len) > sizeof(m->bytes)) {
		m->overflow = true;
		return;
	}
	memcpy(m->bytes + at, &attribute, sizeof(attribute));
	if (len > 0)
		memcpy(m->bytes + at + RTA_LENGTH(0), data, len);
	m->header.nlmsg_len = at + RTA_LENGTH(len);
}

void rtnl_put_u32(struct rtnl_message *m, uint16_t type, uint32_t value)
{
	rtnl_put(m, type, &value, sizeof(value));
}

void rtnl_put_string(struct rtnl_message *m, uint16_t type, const char *value)
{
	rtnl_put(m, type, value, strlen(value) + 1);
}

struct rtattr *rtnl_nest(struct rtnl_message *m, uint16_t type)
{
	size_t at = NLMSG_ALIGN(m->header.nlmsg_len);

	rtnl_put(m, type, NULL, 0);
	return m->overflow ? NULL : (struct rtattr *)(m->bytes + at);
}

void rtnl_nest_end(struct rtnl_message *m, struct rtattr *nest)
{
	if (nest)
		nest->rta_len = m->bytes + m->header.nlmsg_len - (char *)nest;
}

static int send_message(struct rtnl *n, struct rtnl_message *m)
{
	if (m->overflow)
		return -E2BIG;
	m->header.nlmsg_seq = ++n->sequence;
	if (send(n->fd, m->bytes, m->header.nlmsg_len, 0) < 0)
		return -errno;
	return 0;
}

static int answer_code(const struct nlmsghdr *h)
{
	const struct nlmsgerr *answer = rtnl_fixed(h, sizeof(*answer));

	return answer ? answer->error : -EBADMSG;
}

/*
 * Takes one piece of an answer; len is signed, as NLMSG_NEXT() may go below 0. Returns 1 where the answer goes on. sequence 0: events, which have none of ours.
 */
static int take_piece(const char *bytes, ssize_t len, uint32_t sequence, rtnl_emit emit, void *user)
{
	const struct nlmsghdr *h = (const struct nlmsghdr *)bytes;
	bool more = false;

	for (; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
		int r;

		if (sequence && h->nlmsg_seq != sequence) {
			more = true;
			continue;
		}
		if (h->nlmsg_type == NLMSG_DONE)
			return 0;
		if (h->nlmsg_type == NLMSG_ERROR)
			return answer_code(h);
		r = emit ? emit(user, h) : 0;
		if (r != 0)
			return r;
		more = sequence && (h->nlmsg_flags & NLM_F_MULTI);
	}
	return more;
}

static int receive(struct rtnl *n, uint32_t sequence, rtnl_emit emit, void *user)
{
	_cleanup_free_ char *bytes = malloc(ANSWER_MAX);
	int r = 1;

	if (!bytes)
		return -ENOMEM;
	while (r == 1) {
		ssize_t len = recv(n->fd, bytes, ANSWER_MAX, 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		r = take_piece(bytes, len, sequence, emit, user);
	}
	return r;
}

int rtnl_call(struct rtnl *n, struct rtnl_message *m)
{
	int r;

	m->header.nlmsg_flags |= NLM_F_ACK;
	r = send_message(n, m);
	return r < 0 ? r : receive(n, n->sequence, NULL, NULL);
}

int rtnl_query(struct rtnl *n, struct rtnl_message *m, rtnl_emit emit, void *user)
{
	int r = send_message(n, m);

	return r < 0 ? r : receive(n, n->sequence, emit, user);
}

int rtnl_wait(struct rtnl *n, usec_t deadline, rtnl_emit emit, void *user)
{
	struct pollfd p = { .fd = n->fd, .events = POLLIN };
	int ready = poll_until(&p, 1, deadline);

	return ready < 0 ? ready : receive(n, 0, emit, user);
}

const void *rtnl_fixed(const struct nlmsghdr *header, size_t len)
{
	return header->nlmsg_len >= NLMSG_LENGTH(len) ? NLMSG_DATA(header) : NULL;
}

/* len is signed, as RTA_NEXT() may go below 0, too. */
static const struct rtattr *find(const struct rtattr *a, ssize_t len, uint16_t type, size_t min)
{
	for (; RTA_OK(a, len); a = RTA_NEXT(a, len))
		if ((a->rta_type & NLA_TYPE_MASK) == type)
			return RTA_PAYLOAD(a) >= min ? a : NULL;
	return NULL;
}

const struct rtattr *rtnl_attribute(const struct nlmsghdr *header, size_t fixed, uint16_t type,
				    size_t min)
{
	size_t skip = NLMSG_SPACE(fixed);

	if (header->nlmsg_len < skip)
		return NULL;
	return find((const struct rtattr *)((const char *)header + skip), header->nlmsg_len - skip,
		    type, min);
}

const struct rtattr *rtnl_nested(const struct rtattr *nest, uint16_t type, size_t min)
{
	return find(RTA_DATA(nest), RTA_PAYLOAD(nest), type, min);
}
