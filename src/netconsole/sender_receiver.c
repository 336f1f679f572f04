/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/sender_receiver.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "netconsole/listen_options.h"

int sender_receiver_parse(const char *word, char **ret_host, uint16_t *ret_port, struct error *e)
{
	_cleanup_free_ char *host = strdup(*word == '[' ? word + 1 : word);
	char *bracket = host && *word == '[' ? strchr(host, ']') : NULL;
	uint64_t port = OPTIONS_PORT;
	char *colon;

	if (!host)
		return error_errno(e, -ENOMEM, "%s", word);
	if (*word == '[' && (!bracket || (bracket[1] != '\0' && bracket[1] != ':')))
		return error_set(e, -EINVAL, "'%s': [ADDRESS]:PORT is meant", word);
	colon = strchr(bracket ?: host, ':');
	/* one colon is a port's, more are IPv6 */
	if (colon && !bracket && strchr(colon + 1, ':'))
		colon = NULL;
	if (colon && (parse_decimal(colon + 1, UINT16_MAX, &port) < 0 || port == 0))
		return error_set(e, -EINVAL, "'%s': '%s' is no port", word, colon + 1);
	if (colon)
		*colon = '\0';
	if (bracket)
		*bracket = '\0';
	if (*host == '\0')
		return error_set(e, -EINVAL, "'%s' names no receiver", word);
	*ret_host = TAKE_PTR(host);
	*ret_port = (uint16_t)port;
	return 0;
}

static int find_one(const struct addrinfo *found, uint16_t port,
		    const struct sender_path_options *o, struct buf *notes, struct sender_path *ret,
		    struct error *e)
{
	struct sockaddr_in6 socket_address = { 0 };
	struct address to;

	memcpy(&socket_address, found->ai_addr,
	       MIN((size_t)found->ai_addrlen, sizeof(socket_address)));
	address_from_socket(&socket_address, &to);
	to.port = port;
	return sender_path_find(&to, o, notes, ret, e);
}

int sender_receiver_find(const char *word, const struct sender_path_options *o, struct buf *notes,
			 struct sender_path *ret, struct error *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_DGRAM }, *all = NULL;
	_cleanup_free_ char *host = NULL;
	uint16_t port = 0;
	int r = sender_receiver_parse(word, &host, &port, e);

	if (r < 0)
		return r;
	r = getaddrinfo(host, NULL, &hints, &all);
	if (r != 0)
		return error_set(e, -EHOSTUNREACH, "%s: %s", host, gai_strerror(r));
	r = -EHOSTUNREACH;
	for (const struct addrinfo *a = all; a && r < 0; a = a->ai_next) {
		_cleanup_buf_ struct buf said = { 0 };
		struct error why = { 0 };

		r = find_one(a, port, o, &said, ret, &why);
		if (said.len && (r == 0 || a == all) && buf_append(notes, said.data, said.len) < 0)
			r = error_errno(&why, -ENOMEM, "%s", word);
		if (r < 0 && a == all)
			*e = why;
	}
	freeaddrinfo(all);
	return r;
}
