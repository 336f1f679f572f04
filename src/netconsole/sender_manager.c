/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/sender_manager.h"

#include <fcntl.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

#define STATE_MAX KIB(64)

/* The file's content; false where there is none. */
static bool read_state(const struct root *root, struct buf *ret, const char *fmt, ...)
	_printf_(3, 4);

static bool read_state(const struct root *root, struct buf *ret, const char *fmt, ...)
{
	char path[100];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(path, sizeof(path), fmt, ap);
	va_end(ap);
	return root_read_file(root, path, STATE_MAX, ret) == 0 && ret->data;
}

static bool has_line(const struct buf *b, const char *line)
{
	size_t len = strlen(line);

	for (const char *at = b->data; *at; at += strcspn(at, "\n"), at += *at == '\n')
		if (strncmp(at, line, len) == 0 && strchr("\n \t", at[len]))
			return true;
	return false;
}

/* sd-network(3) reads the same. */
static bool by_networkd(const struct root *root, const char *device, int index)
{
	_cleanup_buf_ struct buf b = { 0 };

	(void)device;
	return read_state(root, &b, "/run/systemd/netif/links/%d", index) &&
	       !has_line(&b, "ADMIN_STATE=unmanaged") && !has_line(&b, "ADMIN_STATE=pending");
}

/* src/core/nm-config.c writes it for its next start. */
static bool by_networkmanager(const struct root *root, const char *device, int index)
{
	_cleanup_buf_ struct buf b = { 0 };

	(void)device;
	return read_state(root, &b, "/run/NetworkManager/devices/%d", index) &&
	       has_line(&b, "managed=true");
}

/* A file an interface since 0.8.36, a line an interface before; "-" and "." are as they are. */
static bool by_ifupdown(const struct root *root, const char *device, int index)
{
	_cleanup_buf_ struct buf own = { 0 }, all = { 0 };
	char line[2 * IFNAMSIZ];

	(void)index;
	snprintf(line, sizeof(line), "%s=%s", device, device);
	return (read_state(root, &own, "/run/network/ifstate.%s", device) && own.len > 1) ||
	       (read_state(root, &all, "/run/network/ifstate") && has_line(&all, line));
}

static const struct {
	struct sender_manager manager;
	bool (*manages)(const struct root *root, const char *device, int index);
} known[] = {
	{ { "systemd-networkd", NULL }, by_networkd },
	{ { "NetworkManager", "/usr/lib/NetworkManager/dispatcher.d/90-lastword-netconsole" },
	  by_networkmanager },
	{ { "ifupdown", "/etc/network/if-up.d/lastword-netconsole" }, by_ifupdown },
};

const struct sender_manager *sender_manager_find(const struct root *root, const char *device,
						 int index)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].manages(root, device, index))
			return &known[i].manager;
	return NULL;
}

bool sender_manager_calls(const struct root *root, const struct sender_manager *m)
{
	return m->hook && faccessat(root->fd, root_relative(m->hook), X_OK, 0) == 0;
}
