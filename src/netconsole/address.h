/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Who sent a datagram, and lists of those who may: IPv4 addresses are kept as ::ffff:a.b.c.d. */
#include <netinet/in.h>

#include "base/error.h"

struct address {
	struct in6_addr ip;
	uint16_t port;	/* host order */
	uint32_t scope; /* of a link-local address: the interface */
};

#define ADDRESS_TEXT_SIZE 64 /* "fe80::1%4294967295" */

void address_from_socket(const struct sockaddr_in6 *from, struct address *ret);

/* IPv4 as such. Returns the length. */
socklen_t address_to_socket(const struct address *a, struct sockaddr_storage *ret);

/* "10.0.0.1", "2001:db8::1", without the port. */
void address_text(const struct address *a, char ret[ADDRESS_TEXT_SIZE]);

bool address_equal(const struct address *a, const struct address *b);

/* "HOST:PORT", "[V6]:PORT", "PORT", "HOST": numbers, no names. host NULL or port 0 in what is not given. */
int address_parse(const char *text, uint16_t port, struct address *ret,
		  struct error *e) _must_check_;

struct allow_network {
	struct in6_addr ip;
	unsigned bits; /* of 128 */
};

#define ALLOW_MAX 1024

/* Zero-initialised allows everybody. */
struct allow {
	struct allow_network *networks;
	size_t count;
};

/* "10.0.0.0/8", "2001:db8::/32", or one address. -EINVAL, -E2BIG, -ENOMEM. */
int allow_add(struct allow *a, const char *cidr, struct error *e) _must_check_;
bool allow_has(const struct allow *a, const struct in6_addr *ip);
void allow_done(struct allow *a);
