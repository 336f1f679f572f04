/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/sender_target.h"

#include <errno.h>
#include <string.h>

/* Addresses stand bare there, IPv6 too, without a scope. */
static void bare(const struct in6_addr *ip, char ret[ADDRESS_TEXT_SIZE])
{
	const struct address a = { .ip = *ip };

	address_text(&a, ret);
}

static int put_target(struct buf *out, const struct sender_target *t)
{
	char from[ADDRESS_TEXT_SIZE], to[ADDRESS_TEXT_SIZE], mac[SENDER_MAC_TEXT];

	bare(&t->path.from, from);
	bare(&t->path.to.ip, to);
	sender_mac_text(t->path.mac, mac);
	return buf_printf(out, "%s%s%u@%s/%s,%u@%s/%s", out->len ? ";" : "", t->extended ? "+" : "",
			  t->port, from, t->path.device, t->path.to.port, to, mac);
}

int sender_string(const struct sender_target *targets, size_t count, struct buf *ret,
		  struct error *e)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++)
		r = put_target(&b, &targets[i]);
	if (r < 0)
		return error_errno(e, r, "netconsole=");
	if (b.len > SENDER_STRING_MAX)
		return error_set(
			e, -E2BIG,
			"netconsole=: %zu bytes, and the kernel cuts it at %d without a word: "
			"fewer receivers, or a kernel with CONFIG_NETCONSOLE_DYNAMIC",
			b.len, SENDER_STRING_MAX);
	buf_done(ret);
	*ret = b;
	b = (struct buf){ 0 };
	return 0;
}
