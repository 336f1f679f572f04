/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

#define V4_PREFIX 96

static struct in6_addr map_v4(struct in_addr v4)
{
	struct in6_addr ip = { 0 };

	ip.s6_addr[10] = ip.s6_addr[11] = 0xff;
	memcpy(&ip.s6_addr[12], &v4, sizeof(v4));
	return ip;
}

void address_from_socket(const struct sockaddr_in6 *from, struct address *ret)
{
	*ret = (struct address){ .ip = from->sin6_addr, .port = ntohs(from->sin6_port) };
	if (from->sin6_family == AF_INET) {
		struct sockaddr_in v4;

		memcpy(&v4, from, sizeof(v4));
		ret->ip = map_v4(v4.sin_addr);
		ret->port = ntohs(v4.sin_port);
	} else if (IN6_IS_ADDR_LINKLOCAL(&ret->ip)) {
		ret->scope = from->sin6_scope_id;
	}
}

socklen_t address_to_socket(const struct address *a, struct sockaddr_storage *ret)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(a->port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(a->port),
				   .sin6_addr = a->ip,
				   .sin6_scope_id = a->scope };
	bool is_v4 = IN6_IS_ADDR_V4MAPPED(&a->ip);

	memcpy(&v4.sin_addr, &a->ip.s6_addr[12], sizeof(v4.sin_addr));
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, is_v4 ? (const void *)&v4 : &v6, is_v4 ? sizeof(v4) : sizeof(v6));
	return is_v4 ? sizeof(v4) : sizeof(v6);
}

void address_text(const struct address *a, char ret[ADDRESS_TEXT_SIZE])
{
	if (IN6_IS_ADDR_V4MAPPED(&a->ip))
		inet_ntop(AF_INET, &a->ip.s6_addr[12], ret, ADDRESS_TEXT_SIZE);
	else
		inet_ntop(AF_INET6, &a->ip, ret, ADDRESS_TEXT_SIZE);
	if (a->scope) {
		size_t len = strlen(ret);

		snprintf(ret + len, ADDRESS_TEXT_SIZE - len, "%%%u", a->scope);
	}
}

bool address_equal(const struct address *a, const struct address *b)
{
	return memcmp(&a->ip, &b->ip, sizeof(a->ip)) == 0 && a->port == b->port &&
	       a->scope == b->scope;
}

static bool parse_ip(const char *text, struct in6_addr *ret, bool *ret_v4)
{
	struct in_addr v4;

	*ret_v4 = inet_pton(AF_INET, text, &v4) == 1;
	if (*ret_v4)
		*ret = map_v4(v4);
	return *ret_v4 || inet_pton(AF_INET6, text, ret) == 1;
}

int address_parse(const char *text, uint16_t port, struct address *ret, struct error *e)
{
	struct address a = { .ip = in6addr_any, .port = port };
	char host[ADDRESS_TEXT_SIZE] = "";
	const char *number = NULL, *colon = strrchr(text, ':'), *bracket = strchr(text, ']');
	size_t len = strlen(text);
	uint64_t value;
	bool v4;

	if (*text == '[') {
		if (!bracket || (bracket[1] && bracket[1] != ':'))
			return error_set(e, -EINVAL, "'%s' is no ADDRESS:PORT", text);
		len = (size_t)(bracket - text - 1);
		number = bracket[1] ? bracket + 2 : NULL;
		text++;
	} else if (colon && strchr(text, ':') == colon) {
		len = (size_t)(colon - text);
		number = colon + 1;
	} else if (text[strspn(text, "0123456789")] == '\0') {
		number = text;
		len = 0;
	}
	if (number && (parse_decimal(number, UINT16_MAX, &value) < 0 || value == 0))
		return error_set(e, -EINVAL, "'%s' is no port", number);
	if (number)
		a.port = (uint16_t)value;
	snprintf(host, sizeof(host), "%.*s", (int)MIN(len, sizeof(host)), text);
	if (len && (len >= sizeof(host) || !parse_ip(host, &a.ip, &v4)))
		return error_set(e, -EINVAL, "'%s' is no address: numbers are wanted here", host);
	*ret = a;
	return 0;
}

/* ---- who may ---- */

int allow_add(struct allow *a, const char *cidr, struct error *e)
{
	char text[ADDRESS_TEXT_SIZE];
	char *slash;
	struct allow_network n, *networks;
	uint64_t bits;
	bool v4;

	if (a->count == ALLOW_MAX)
		return error_set(e, -E2BIG, "more than %d networks are allowed", ALLOW_MAX);
	if ((size_t)snprintf(text, sizeof(text), "%s", cidr) >= sizeof(text))
		return error_set(e, -EINVAL, "'%s' is no network", cidr);
	slash = strchr(text, '/');
	if (slash)
		*slash = '\0';
	if (!parse_ip(text, &n.ip, &v4))
		return error_set(e, -EINVAL, "'%s' is no address or network (10.0.0.0/8, fd00::/8)",
				 cidr);
	bits = v4 ? 32 : 128;
	if (slash && parse_decimal(slash + 1, bits, &bits) < 0)
		return error_set(e, -EINVAL, "'%s': /%s is no length of a network", cidr,
				 slash + 1);
	n.bits = (unsigned)bits + (v4 ? V4_PREFIX : 0);
	networks = realloc(a->networks, (a->count + 1) * sizeof(*networks));
	if (!networks)
		return error_errno(e, -ENOMEM, "%s", cidr);
	networks[a->count++] = n;
	a->networks = networks;
	return 0;
}

static bool inside(const struct allow_network *n, const struct in6_addr *ip)
{
	unsigned bytes = n->bits / 8, rest = n->bits % 8;

	if (memcmp(&n->ip, ip, bytes) != 0)
		return false;
	return rest == 0 || (n->ip.s6_addr[bytes] ^ ip->s6_addr[bytes]) >> (8 - rest) == 0;
}

bool allow_has(const struct allow *a, const struct in6_addr *ip)
{
	for (size_t i = 0; i < a->count; i++)
		if (inside(&a->networks[i], ip))
			return true;
	return a->count == 0;
}

void allow_done(struct allow *a)
{
	free(a->networks);
	*a = (struct allow){ 0 };
}
