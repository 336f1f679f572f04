/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/io.h"

#define TOKEN_LEN (PROBE_TOKEN_SIZE - 1)
/* A datagram may be lost, and the first one more than others: it is said again. */
#define TRIES 5
#define PATIENCE (USEC_PER_SEC)
#define ALERT 1 /* KERN_ALERT: sent at any sensible log level */

void probe_token(char ret[PROBE_TOKEN_SIZE])
{
	uint64_t v = 0;

	if (getrandom(&v, sizeof(v), 0) != sizeof(v))
		v = clock_now();
	snprintf(ret, PROBE_TOKEN_SIZE, "%016llx", (unsigned long long)v);
}

static bool take_token(const char *text, size_t len, const char *words, char ret[PROBE_TOKEN_SIZE])
{
	const char *at = memmem(text, len, words, strlen(words));

	if (!at || (size_t)(text + len - at) < strlen(words) + TOKEN_LEN)
		return false;
	at += strlen(words);
	for (size_t i = 0; i < TOKEN_LEN; i++)
		if (!((at[i] >= '0' && at[i] <= '9') || (at[i] >= 'a' && at[i] <= 'f')))
			return false;
	memcpy(ret, at, TOKEN_LEN);
	ret[TOKEN_LEN] = '\0';
	return true;
}

bool probe_find(const char *text, size_t len, char ret[PROBE_TOKEN_SIZE])
{
	return take_token(text, len, PROBE_WORDS, ret);
}

/* ---- the sender ---- */

int probe_open(const struct sender_target *t, int *ret_fd, struct error *e)
{
	struct address ours = { .ip = t->path.from, .port = t->port };
	struct sockaddr_storage address;
	socklen_t len;
	_cleanup_close_ int fd = -1;
	int on = 1;

	if (IN6_IS_ADDR_LINKLOCAL(&ours.ip))
		ours.scope = (uint32_t)t->path.index;
	len = address_to_socket(&ours, &address);
	fd = socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_errno(e, -errno, "probe");
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, len) < 0)
		return error_errno(e, -errno, "port %u, where the answer comes", ours.port);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int probe_say(const char *token, struct error *e)
{
	_cleanup_close_ int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	char line[100];
	/* without the newline it would wait for what may continue it */
	int len = snprintf(line, sizeof(line), "<%d>" PROBE_WORDS "%s\n", ALERT, token);

	if (fd < 0 || write(fd, line, (size_t)len) < 0)
		return error_errno(e, -errno, "/dev/kmsg");
	return 0;
}

int probe_wait(int fd, const char *token, usec_t deadline)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		char bytes[200], found[PROBE_TOKEN_SIZE];
		int r = poll_until(&p, 1, deadline);
		ssize_t n;

		if (r < 0)
			return r;
		n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
		if (n > 0 && take_token(bytes, (size_t)n, PROBE_ANSWER, found) &&
		    strcmp(found, token) == 0)
			return 0;
	}
}

int probe_try(const struct sender_target *t, struct error *e)
{
	_cleanup_close_ int fd = -1;
	char token[PROBE_TOKEN_SIZE], to[ADDRESS_TEXT_SIZE];
	int r = probe_open(t, &fd, e);

	if (r < 0)
		return r;
	probe_token(token);
	r = -ETIMEDOUT;
	for (unsigned i = 0; i < TRIES && r == -ETIMEDOUT; i++) {
		r = probe_say(token, e);
		if (r < 0)
			return r;
		r = probe_wait(fd, token, clock_now() + PATIENCE);
	}
	if (r == 0)
		return 0;
	address_text(&t->path.to, to);
	return error_set(
		e, r,
		"%s port %u did not answer within %d s. If it is no lastword, look there for "
		"'" PROBE_WORDS "%s'; else: does it listen, is UDP let through, does the console's "
		"log level let level 1 pass?",
		to, t->path.to.port, (int)(TRIES * PATIENCE / USEC_PER_SEC), token);
}

/* ---- the receiver ---- */

void probe_answer(int fd, const struct address *to, const char *token)
{
	/* a socket of both families has all addresses as IPv6's */
	const struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
					 .sin6_port = htons(to->port),
					 .sin6_addr = to->ip,
					 .sin6_scope_id = to->scope };
	struct sockaddr_storage address;
	socklen_t len = address_to_socket(to, &address), size = sizeof(int);
	char line[100];
	int domain = AF_INET;

	snprintf(line, sizeof(line), PROBE_ANSWER "%s\n", token);
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_INET6) {
		memcpy(&address, &v6, sizeof(v6));
		len = sizeof(v6);
	}
	(void)!sendto(fd, line, strlen(line), MSG_DONTWAIT | MSG_NOSIGNAL,
		      (struct sockaddr *)&address, len);
}
