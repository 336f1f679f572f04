/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target/uevent.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"

/* The kernel's own multicast group; udev's is 2. */
#define GROUP_KERNEL 1

/* UEVENT_BUFFER_SIZE of the kernel is 2048. */
#define MESSAGE_MAX 4096

int uevent_open(int *ret_fd, struct error *e)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL };
	_cleanup_close_ int fd = -1;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
	if (fd < 0)
		return error_errno(e, -errno, "device events: socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return error_errno(e, -errno, "device events: bind");
	*ret_fd = TAKE_FD(fd);
	return 0;
}

bool uevent_is_block(const char *msg, size_t len)
{
	bool block = false, news = false;

	for (size_t at = 0; at < len;) {
		size_t n = strnlen(msg + at, len - at);

		if (n == 15 && memcmp(msg + at, "SUBSYSTEM=block", n) == 0)
			block = true;
		if ((n == 10 && memcmp(msg + at, "ACTION=add", n) == 0) ||
		    (n == 13 && memcmp(msg + at, "ACTION=change", n) == 0))
			news = true;
		at += n + 1;
	}
	return block && news;
}

/* True when a message about a block device was among those waiting. */
static bool drain(int fd)
{
	char msg[MESSAGE_MAX];
	bool block = false;

	for (;;) {
		ssize_t n = recv(fd, msg, sizeof(msg), MSG_DONTWAIT);

		if (n > 0)
			block |= uevent_is_block(msg, (size_t)n);
		else if (n < 0 && errno == ENOBUFS)
			block = true;
		else if (n == 0 || errno != EINTR)
			return block;
	}
}

int uevent_wait_block(int fd, usec_t deadline)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		usec_t now = clock_now();
		uint64_t left_ms = now < deadline ? DIV_ROUND_UP(deadline - now, 1000) : 0;
		int r = poll(&p, 1, (int)MIN(left_ms, UINT64_C(3600000)));

		if (r < 0 && errno != EINTR)
			return -errno;
		if (r > 0 && drain(fd))
			return 0;
		if (r == 0 && clock_now() >= deadline)
			return -ETIMEDOUT;
	}
}
