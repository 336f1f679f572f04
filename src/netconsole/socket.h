/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A UDP socket, read many datagrams a call, with the count of what the kernel had to drop. */
#include "netconsole/address.h"

#define SOCKET_BATCH 256
#define SOCKET_DATAGRAM                                                                            \
	2048 /* bytes kept of one; longer ones are cut, and no longer extended records */

struct socket_batch;

struct udp_socket {
	int fd;
	uint32_t dropped;	/* as the kernel counts, modulo 2^32 */
	int receive_buffer;	/* bytes, as the kernel answers */
	struct address address; /* bound to */
};

/* Takes as much of the receive buffer as it is allowed. */
int udp_socket_open(const struct address *a, size_t receive_buffer, struct udp_socket *ret,
		    struct error *e) _must_check_;

/* One that systemd has opened. -EINVAL where it is no UDP socket. */
int udp_socket_take(int fd, size_t receive_buffer, struct udp_socket *ret,
		    struct error *e) _must_check_;
void udp_socket_close(struct udp_socket *s);

struct socket_batch *socket_batch_new(void);
struct socket_batch *socket_batch_free(struct socket_batch *b);

typedef void (*socket_datagram)(void *user, const struct address *from, const char *bytes,
				size_t len);

/*
 * What is there now, at most SOCKET_BATCH datagrams. *ret_dropped grows by what the kernel dropped since. Returns how many,
 * or a negative errno.
 */
int udp_socket_receive(struct udp_socket *s, struct socket_batch *b, socket_datagram take,
		       void *user, uint64_t *ret_dropped) _must_check_;
