/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG 16

enum { TCP, PATH };

void control_init(struct control *c, control_page page, void *user)
{
	*c = (struct control){ .listening = { -1, -1 }, .page = page, .user = user };
	for (size_t i = 0; i < CONTROL_CONNECTIONS; i++)
		c->connections[i].fd = -1;
}

static void end_connection(struct control_connection *k)
{
	if (k->fd >= 0)
		close(k->fd);
	buf_done(&k->request);
	buf_done(&k->answer);
	*k = (struct control_connection){ .fd = -1 };
}

void control_done(struct control *c)
{
	for (size_t i = 0; i < CONTROL_CONNECTIONS; i++)
		end_connection(&c->connections[i]);
	for (size_t i = 0; i < ARRAY_SIZE(c->listening); i++) {
		if (c->listening[i] >= 0)
			close(c->listening[i]);
		c->listening[i] = -1;
	}
}

/* ---- listening ---- */

int control_open_tcp(struct control *c, const struct address *a, struct error *e)
{
	struct sockaddr_storage address;
	socklen_t len = address_to_socket(a, &address);
	_cleanup_close_ int fd =
		socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char text[ADDRESS_TEXT_SIZE];
	int on = 1;

	address_text(a, text);
	if (fd < 0)
		return error_errno(e, -errno, "%s", text);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, len) < 0 || listen(fd, BACKLOG) < 0)
		return error_errno(e, -errno, "%s port %u", text, a->port);
	c->listening[TCP] = TAKE_FD(fd);
	return 0;
}

/* What a receiver that was killed left behind is removed; one that answers is another receiver. */
static int make_way(const char *path, const struct sockaddr_un *address, struct error *e)
{
	struct stat st;
	_cleanup_close_ int fd = -1;

	if (lstat(path, &st) < 0)
		return 0;
	if (!S_ISSOCK(st.st_mode))
		return error_set(e, -EEXIST, "%s is there, and is no socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
		return error_set(e, -EADDRINUSE, "%s: another receiver answers there", path);
	return unlink(path) < 0 ? error_errno(e, -errno, "%s", path) : 0;
}

int control_open_path(struct control *c, const char *path, struct error *e)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return error_errno(e, -errno, "%s", path);
	if ((size_t)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path) >=
	    sizeof(address.sun_path))
		return error_errno(e, -ENAMETOOLONG, "%s", path);
	r = make_way(path, &address, e);
	if (r < 0)
		return r;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, 0660) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return error_errno(e, -errno, "%s", path);
	c->listening[PATH] = TAKE_FD(fd);
	return 0;
}

/* ---- a connection ---- */

static int put_head(struct buf *out, const char *status, const char *type, size_t len)
{
	return buf_printf(out,
			  "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
			  "Connection: close\r\nX-Content-Type-Options: nosniff\r\n\r\n",
			  status, type, len);
}

static int put_answer(struct control *c, struct control_connection *k)
{
	_cleanup_buf_ struct buf page = { 0 };
	const char *type = "text/plain";
	char *path = k->request.data, *end;
	bool get = strncmp(path, "GET ", 4) == 0;
	int r;

	if (!get) {
		static const char text[] = "only GET is answered\n";

		r = put_head(&k->answer, "405 Method Not Allowed", type, strlen(text));
		return r == 0 ? buf_append(&k->answer, text, strlen(text)) : r;
	}
	path += 4;
	end = path + strcspn(path, " ?\r\n");
	*end = '\0';
	if (!c->page(c->user, path, &page, &type)) {
		static const char text[] = "there are /metrics, /status and /status.txt\n";

		r = put_head(&k->answer, "404 Not Found", "text/plain", strlen(text));
		return r == 0 ? buf_append(&k->answer, text, strlen(text)) : r;
	}
	r = put_head(&k->answer, "200 OK", type, page.len);
	return r == 0 ? buf_append(&k->answer, page.data, page.len) : r;
}

/* False: the connection is over. */
static bool read_request(struct control *c, struct control_connection *k)
{
	char bytes[1024];
	ssize_t n = recv(k->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (n == 0 || memchr(bytes, '\0', (size_t)n))
		return false;
	k->request.limit = CONTROL_REQUEST_MAX;
	if (buf_append(&k->request, bytes, (size_t)n) < 0)
		return false;
	if (!strstr(k->request.data, "\r\n\r\n") && !strstr(k->request.data, "\n\n"))
		return true;
	return put_answer(c, k) == 0;
}

static bool write_answer(struct control_connection *k)
{
	ssize_t n = send(k->fd, k->answer.data + k->sent, k->answer.len - k->sent,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	k->sent += (size_t)n;
	return k->sent < k->answer.len;
}

static void accept_one(struct control *c, int listening, usec_t now)
{
	for (size_t i = 0; i < CONTROL_CONNECTIONS; i++) {
		struct control_connection *k = &c->connections[i];

		if (k->fd >= 0)
			continue;
		k->fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		k->deadline = now + CONTROL_TIME;
		return;
	}
}

static bool is_full(const struct control *c)
{
	for (size_t i = 0; i < CONTROL_CONNECTIONS; i++)
		if (c->connections[i].fd < 0)
			return false;
	return true;
}

size_t control_poll(const struct control *c, struct pollfd *fds)
{
	size_t n = 0;

	/* beyond that they wait in the backlog until one ends */
	for (size_t i = 0; i < ARRAY_SIZE(c->listening) && !is_full(c); i++)
		if (c->listening[i] >= 0)
			fds[n++] = (struct pollfd){ .fd = c->listening[i], .events = POLLIN };
	for (size_t i = 0; i < CONTROL_CONNECTIONS; i++) {
		const struct control_connection *k = &c->connections[i];

		if (k->fd >= 0)
			fds[n++] = (struct pollfd){ .fd = k->fd,
						    .events = k->answer.len ? POLLOUT : POLLIN };
	}
	return n;
}

void control_run(struct control *c, usec_t now)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->listening); i++)
		if (c->listening[i] >= 0)
			accept_one(c, c->listening[i], now);
	for (size_t i = 0; i < CONTROL_CONNECTIONS; i++) {
		struct control_connection *k = &c->connections[i];
		bool goes_on = k->fd >= 0 && k->deadline > now;

		if (goes_on && !k->answer.len)
			goes_on = read_request(c, k);
		if (goes_on && k->answer.len)
			goes_on = write_answer(k);
		if (!goes_on)
			end_connection(k);
	}
}

usec_t control_deadline(const struct control *c)
{
	usec_t deadline = UINT64_MAX;

	for (size_t i = 0; i < CONTROL_CONNECTIONS; i++)
		if (c->connections[i].fd >= 0)
			deadline = MIN(deadline, c->connections[i].deadline);
	return deadline;
}
