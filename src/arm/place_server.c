/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "arm/place_impl.h"

static int numeric(const struct addrinfo *a, char text[INET6_ADDRSTRLEN])
{
	const void *bytes =
		a->ai_family == AF_INET6
			? (const void *)&((const struct sockaddr_in6 *)a->ai_addr)->sin6_addr
			: (const void *)&((const struct sockaddr_in *)a->ai_addr)->sin_addr;

	return inet_ntop(a->ai_family, bytes, text, INET6_ADDRSTRLEN) ? 0 : -errno;
}

int place_find_server(const struct root *root, const char *host, struct place *p, struct error *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	int r = getaddrinfo(host, NULL, &hints, &list);

	if (r != 0)
		return error_set(e, -EHOSTUNREACH, "%s: %s", host, gai_strerror(r));
	r = -EHOSTUNREACH;
	for (const struct addrinfo *a = list; a && r < 0; a = a->ai_next) {
		char text[INET6_ADDRSTRLEN];

		if ((a->ai_family != AF_INET && a->ai_family != AF_INET6) || numeric(a, text) < 0)
			continue;
		r = network_find(root, text, &p->network, e);
		if (r == 0) {
			p->target.server = strdup(text);
			r = p->target.server ? 0 : error_errno(e, -ENOMEM, "%s", host);
		}
	}
	freeaddrinfo(list);
	return r;
}
