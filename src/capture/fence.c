/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/fence.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "capture/console.h"
#include "capture/setup.h"

/* agents/kdump/message.h of ClusterLabs/fence-agents; both in the byte order of the sender. */
#define MAGIC 0x1b302a40
#define VERSION 1

struct message {
	uint32_t magic, version;
};

/* The first rounds are a second apart: a switch may not forward yet, and the dump may be done soon. */
#define EAGER_ROUNDS 5

/* After everybody else: a node that falls silent is fenced, and the dump with it. */
#define SENDER_OOM "-900\n"

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t address_of(const struct plan_fence *f, uint32_t port, union address *ret)
{
	*ret = (union address){ .v6 = { .sin6_family = AF_INET6,
					.sin6_port = htons((uint16_t)port) } };
	if (inet_pton(AF_INET6, f->address, &ret->v6.sin6_addr) == 1)
		return sizeof(ret->v6);
	*ret = (union address){ .v4 = { .sin_family = AF_INET,
					.sin_port = htons((uint16_t)port) } };
	return inet_pton(AF_INET, f->address, &ret->v4.sin_addr) == 1 ? sizeof(ret->v4) : 0;
}

static int send_to(const struct plan_fence *f, uint32_t port)
{
	static const struct message message = { MAGIC, VERSION };
	union address to;
	socklen_t len = address_of(f, port, &to);
	_cleanup_close_ int fd = len ? socket(to.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

	if (!len)
		return -EINVAL;
	return fd < 0 || sendto(fd, &message, sizeof(message), MSG_DONTWAIT, &to.any, len) < 0
		       ? -errno
		       : 0;
}

/* A node that cannot be reached now may be later: the first round tells. */
static void send_round(const struct plan *p, bool first)
{
	for (size_t i = 0; i < p->fences_count; i++) {
		int r = send_to(&p->fences[i], p->fence_port);

		if (first && r < 0)
			say("fence_kdump: %s: %s", p->fences[i].address, strerrordesc_np(-r));
		else if (first)
			say("fence_kdump: telling %s every %u s", p->fences[i].address,
			    p->fence_interval);
	}
}

__attribute__((noreturn)) static void run_sender(const struct plan *p)
{
	setsid();
	setting_write("/proc/self/oom_score_adj", SENDER_OOM);
	for (uint32_t i = 0; p->fence_count == 0 || i < p->fence_count; i++) {
		send_round(p, i == 0);
		sleep(i + 1 < EAGER_ROUNDS ? 1 : p->fence_interval);
	}
	_exit(0);
}

int fence_begin(const struct plan *p)
{
	pid_t pid = p->fences_count ? fork() : 1;

	if (pid == 0)
		run_sender(p);
	return pid < 0 ? -errno : 0;
}
