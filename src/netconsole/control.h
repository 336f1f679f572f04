/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A very small HTTP/1.1 server for those who ask how it goes: GET of pages, on a TCP
 * port, a socket in the file system, or both. One request a connection; little memory, little time; nothing else is answered.
 */
#include <poll.h>

#include "base/buf.h"
#include "base/clock.h"
#include "netconsole/address.h"

#define CONTROL_CONNECTIONS 16
#define CONTROL_REQUEST_MAX 4096
#define CONTROL_TIME (5 * USEC_PER_SEC)
#define CONTROL_POLL (CONTROL_CONNECTIONS + 2)

/* Writes the page; false: there is none of that path. */
typedef bool (*control_page)(void *user, const char *path, struct buf *out, const char **ret_type);

struct control_connection {
	int fd; /* -1: free */
	usec_t deadline;
	struct buf request, answer;
	size_t sent;
};

struct control {
	int listening[2]; /* TCP, file system; -1: not asked for */
	struct control_connection connections[CONTROL_CONNECTIONS];
	control_page page;
	void *user;
};

void control_init(struct control *c, control_page page, void *user);
int control_open_tcp(struct control *c, const struct address *a, struct error *e) _must_check_;
int control_open_path(struct control *c, const char *path, struct error *e) _must_check_;
void control_done(struct control *c);

/* Fills in what to wait for: returns how many, at most CONTROL_POLL. */
size_t control_poll(const struct control *c, struct pollfd *fds);

/* Goes on with all that is ready, and ends what took too long. */
void control_run(struct control *c, usec_t now);

/* UINT64_MAX: never. */
usec_t control_deadline(const struct control *c);
