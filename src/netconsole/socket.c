/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/socket.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "netconsole/port_holder.h"

struct socket_batch {
	struct mmsghdr headers[SOCKET_BATCH];
	struct iovec parts[SOCKET_BATCH];
	struct sockaddr_in6 from[SOCKET_BATCH];
	char bytes[SOCKET_BATCH][SOCKET_DATAGRAM];
};

struct socket_batch *socket_batch_new(void)
{
	struct socket_batch *b = calloc(1, sizeof(*b));

	for (size_t i = 0; b && i < SOCKET_BATCH; i++) {
		struct msghdr *h = &b->headers[i].msg_hdr;

		b->parts[i] = (struct iovec){ b->bytes[i], SOCKET_DATAGRAM };
		h->msg_name = &b->from[i];
		h->msg_namelen = sizeof(b->from[i]);
		h->msg_iov = &b->parts[i];
		h->msg_iovlen = 1;
	}
	return b;
}

struct socket_batch *socket_batch_free(struct socket_batch *b)
{
	free(b);
	return NULL;
}

/* FORCE needs CAP_NET_ADMIN; without it net.core.rmem_max is the limit. */
static void ask_for_buffer(int fd, size_t receive_buffer)
{
	int size = (int)MIN(receive_buffer, (size_t)MIB(512));

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0) {
		int now = 0;
		socklen_t len = sizeof(now);

		/* what systemd has set may be more than we may */
		if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &now, &len) == 0 && now / 2 < size)
			(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	}
}

int udp_socket_take(int fd, size_t receive_buffer, struct udp_socket *ret, struct error *e)
{
	struct udp_socket s = { .fd = fd };
	struct sockaddr_in6 address = { 0 };
	socklen_t len = sizeof(address), size = sizeof(int);
	int type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_DGRAM ||
	    getsockname(fd, (struct sockaddr *)&address, &len) < 0 ||
	    (address.sin6_family != AF_INET6 && address.sin6_family != AF_INET))
		return error_set(e, -EINVAL, "socket %d is no UDP socket", fd);
	address_from_socket(&address, &s.address);
	ask_for_buffer(fd, receive_buffer);
	size = sizeof(s.receive_buffer);
	(void)getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &s.receive_buffer, &size);
	*ret = s;
	return 0;
}

/* bind(2) failed: with what is to be done about it. */
static int explain(const struct address *a, int err, struct error *e)
{
	char text[ADDRESS_TEXT_SIZE], who[PORT_HOLDER_SIZE];
	_cleanup_root_ struct root root = { .fd = -1 };

	address_text(a, text);
	if (err == -EADDRINUSE && root_open(NULL, &root) == 0 &&
	    port_holder_find(&root, a->port, who) == 0)
		return error_set(e, err, "%s port %u: %s has it already", text, a->port, who);
	if (err == -EACCES)
		return error_set(e, err,
				 "%s port %u: ports below net.ipv4.ip_unprivileged_port_start "
				 "need root or CAP_NET_BIND_SERVICE; 6666 is usual",
				 text, a->port);
	if (err == -EADDRNOTAVAIL)
		return error_set(e, err, "%s is no address of this machine", text);
	return error_errno(e, err, "%s port %u", text, a->port);
}

int udp_socket_open(const struct address *a, size_t receive_buffer, struct udp_socket *ret,
		    struct error *e)
{
	struct sockaddr_storage address;
	socklen_t len = address_to_socket(a, &address);
	_cleanup_close_ int fd =
		socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int off = 0, r;

	/* a machine without IPv6 */
	if (fd < 0 && errno == EAFNOSUPPORT && IN6_IS_ADDR_UNSPECIFIED(&a->ip)) {
		struct address v4 = { .port = a->port };

		v4.ip.s6_addr[10] = v4.ip.s6_addr[11] = 0xff;
		return udp_socket_open(&v4, receive_buffer, ret, e);
	}
	if (fd < 0)
		return error_errno(e, -errno, "socket");
	if (address.ss_family == AF_INET6 &&
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
		return error_errno(e, -errno, "IPV6_V6ONLY");
	if (bind(fd, (struct sockaddr *)&address, len) < 0)
		return explain(a, -errno, e);
	r = udp_socket_take(fd, receive_buffer, ret, e);
	if (r == 0)
		TAKE_FD(fd);
	return r;
}

void udp_socket_close(struct udp_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

static void count_dropped(struct udp_socket *s, uint64_t *ret_dropped)
{
	uint32_t facts[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(facts);

	if (getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, facts, &len) < 0 ||
	    len < (SK_MEMINFO_DROPS + 1) * sizeof(facts[0]))
		return;
	*ret_dropped += facts[SK_MEMINFO_DROPS] - s->dropped;
	s->dropped = facts[SK_MEMINFO_DROPS];
}

int udp_socket_receive(struct udp_socket *s, struct socket_batch *b, socket_datagram take,
		       void *user, uint64_t *ret_dropped)
{
	int count;

	count = recvmmsg(s->fd, b->headers, SOCKET_BATCH, MSG_DONTWAIT | MSG_TRUNC, NULL);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	count_dropped(s, ret_dropped);
	for (int i = 0; i < count; i++) {
		size_t len = MIN((size_t)b->headers[i].msg_len, (size_t)SOCKET_DATAGRAM);
		struct address from;

		address_from_socket(&b->from[i], &from);
		/* the kernel has written over it */
		b->headers[i].msg_hdr.msg_namelen = sizeof(b->from[i]);
		take(user, &from, b->bytes[i], len);
	}
	return count;
}
