/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "arm/place/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arm/image/modules.h"
#include "base/io.h"
#include "base/parse.h"

#define ADDRESSES_MAX 32
#define ANSWER_MAX KIB(4)

static const char *numeric(const struct addrinfo *a, char text[INET6_ADDRSTRLEN])
{
	const void *bytes;

	if (a->ai_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)a->ai_addr)->sin6_addr;
	else if (a->ai_family == AF_INET)
		bytes = &((const struct sockaddr_in *)a->ai_addr)->sin_addr;
	else
		return NULL;
	return inet_ntop(a->ai_family, bytes, text, INET6_ADDRSTRLEN);
}

/* Writes getaddrinfo's code and the addresses, a line each. The resolver has time limits of its own, which add up to minutes. */
__attribute__((noreturn)) static void ask(const char *host, int fd)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	int code = getaddrinfo(host, NULL, &hints, &list);

	dprintf(fd, "%d\n", -code);
	for (const struct addrinfo *a = code ? NULL : list; a; a = a->ai_next) {
		char text[INET6_ADDRSTRLEN];

		if (numeric(a, text))
			dprintf(fd, "%s\n", text);
	}
	_exit(0);
}

static int read_until_end(int fd, usec_t deadline, struct buf *to)
{
	char bytes[512];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int ready = poll_until(&p, 1, deadline);
		ssize_t n;

		if (ready <= 0)
			return ready < 0 ? ready : -ETIMEDOUT;
		n = read(fd, bytes, sizeof(bytes));
		if (n <= 0)
			return n < 0 ? -errno : 0;
		if (buf_append(to, bytes, (size_t)n) < 0)
			return -ENOMEM;
	}
}

static int ask_in_child(const char *host, usec_t deadline, struct buf *answer)
{
	int ends[2], r;
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	child = fork();
	if (child == 0)
		ask(host, ends[1]);
	close(ends[1]);
	r = child < 0 ? -errno : read_until_end(ends[0], deadline, answer);
	close(ends[0]);
	if (child > 0) {
		kill(child, SIGKILL);
		(void)waitpid(child, NULL, 0);
	}
	return r;
}

/* *ret_code: of getaddrinfo(3). */
static int take_answer(struct buf *answer, int *ret_code, char **ret, size_t *ret_count)
{
	char *rest = answer->data, *line = rest ? strsep(&rest, "\n") : NULL;
	uint64_t code;

	if (!line || parse_decimal(line, 1000, &code) < 0)
		return -EBADMSG;
	*ret_code = -(int)code;
	while (rest && (line = strsep(&rest, "\n")) && *line && *ret_count < ADDRESSES_MAX) {
		ret[*ret_count] = strdup(line);
		if (!ret[(*ret_count)++])
			return -ENOMEM;
	}
	return 0;
}

static void put_first(char **list, const char *address)
{
	for (size_t i = 0; list[i]; i++) {
		if (strcmp(list[i], address) == 0) {
			char *found = list[i];

			memmove(list + 1, list, i * sizeof(*list));
			list[0] = found;
		}
	}
}

/* Nobody answered. */
static int take_known(struct names *n, const char *host, const char *known, char **ret,
		      const char *why, struct error *e)
{
	if (!known)
		return error_set(e, -EHOSTUNREACH, "%s: %s", host, why);
	ret[0] = strdup(known);
	if (!ret[0] || buf_printf(&n->unsure, "%sthe address of %s (%s)", n->unsure.len ? ", " : "",
				  host, why) < 0)
		return error_errno(e, -ENOMEM, "%s", host);
	return 0;
}

int names_look_up(struct names *n, const char *host, char ***ret, struct error *e)
{
	_cleanup_(names_freep) char **list = calloc(ADDRESSES_MAX + 1, sizeof(*list));
	const char *known = n->armed ? record_address(n->armed, host) : NULL;
	_cleanup_buf_ struct buf answer = { .limit = ANSWER_MAX };
	int r, code = EAI_AGAIN;
	size_t count = 0;

	if (!list)
		return error_errno(e, -ENOMEM, "%s", host);
	r = ask_in_child(host, clock_now() + n->limit, &answer);
	if (r == 0)
		r = take_answer(&answer, &code, list, &count);
	if (r < 0 && r != -ETIMEDOUT)
		return error_errno(e, r, "%s: look up its address", host);
	if (r == -ETIMEDOUT || code == EAI_AGAIN)
		r = take_known(n, host, known, list, "no name server answers", e);
	else if (code != 0 || count == 0)
		r = error_set(e, -EHOSTUNREACH, "%s: %s", host, gai_strerror(code ?: EAI_NONAME));
	if (r < 0)
		return r;
	if (known)
		put_first(list, known);
	*ret = TAKE_PTR(list);
	return 0;
}

int names_remember(struct names *n, const char *host, const char *address)
{
	return strcmp(host, address) == 0 ? 0 : record_add_host(n->now, host, address);
}
