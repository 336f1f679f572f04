/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/transport.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "netconsole/lookup.h"

#define PAUSE_FIRST USEC_PER_SEC
#define PAUSE_MAX (60 * USEC_PER_SEC)
#define LOOKUP_POLL (USEC_PER_SEC / 10)
#define CONNECT_TIME (10 * USEC_PER_SEC)

enum state { IDLE, LOOKUP, CONNECTING, HANDSHAKE, READY };

struct transport {
	enum transport_kind kind;
	struct lookup *lookup;
	struct addrinfo *addresses, *next; /* next NULL: to be looked up */
	char *name;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	enum state state;
	int fd;
	usec_t deadline; /* of the pause, or of the attempt */
	usec_t pause;
	uint64_t connections;
	bool broken;
};

/* ---- what it is made of ---- */

static int load_credentials(struct transport *t, const struct transport_options *o, struct error *e)
{
	int r = gnutls_certificate_allocate_credentials(&t->credentials);

	if (r < 0)
		return error_set(e, -ENOMEM, "TLS: %s", gnutls_strerror(r));
	r = o->ca ? gnutls_certificate_set_x509_trust_file(t->credentials, o->ca,
							   GNUTLS_X509_FMT_PEM)
		  : gnutls_certificate_set_x509_system_trust(t->credentials);
	if (r <= 0)
		return error_set(e, -EINVAL, "%s: no certificate to trust: %s",
				 o->ca ?: "the system's store",
				 r < 0 ? gnutls_strerror(r) : "it is empty");
	if (!o->cert)
		return 0;
	r = gnutls_certificate_set_x509_key_file(t->credentials, o->cert, o->key ?: o->cert,
						 GNUTLS_X509_FMT_PEM);
	return r < 0 ? error_set(e, -EINVAL, "%s: %s", o->cert, gnutls_strerror(r)) : 0;
}

int transport_new(const struct transport_options *o, struct transport **ret, struct error *e)
{
	int socktype = o->kind == TRANSPORT_UDP ? SOCK_DGRAM : SOCK_STREAM;
	struct transport *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return error_errno(e, -ENOMEM, "%s", o->host);
	t->kind = o->kind;
	t->fd = -1;
	t->pause = PAUSE_FIRST;
	r = lookup_new(o->host, o->port, socktype, &t->lookup);
	if (r < 0)
		error_errno(e, r, "%s", o->host);
	if (r == 0 && o->kind == TRANSPORT_TLS) {
		t->name = strdup(o->name ?: o->host);
		r = t->name ? load_credentials(t, o, e) : error_errno(e, -ENOMEM, "%s", o->host);
	}
	if (r < 0)
		transport_free(t);
	else
		*ret = t;
	return r;
}

static void hang_up(struct transport *t)
{
	if (t->session)
		gnutls_deinit(t->session);
	t->session = NULL;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	t->state = IDLE;
	t->broken = false;
}

struct transport *transport_free(struct transport *t)
{
	if (t->state == READY && t->session)
		(void)gnutls_bye(t->session, GNUTLS_SHUT_WR);
	hang_up(t);
	if (t->credentials)
		gnutls_certificate_free_credentials(t->credentials);
	if (t->addresses)
		freeaddrinfo(t->addresses);
	if (t->lookup)
		lookup_free(t->lookup);
	free(t->name);
	free(t);
	return NULL;
}

/* ---- one attempt ---- */

void transport_break(struct transport *t, usec_t now)
{
	hang_up(t);
	t->deadline = now + t->pause;
	t->pause = MIN(t->pause * 2, (usec_t)PAUSE_MAX);
	t->next = t->next ? t->next->ai_next : NULL;
}

static void be_ready(struct transport *t)
{
	t->state = READY;
	t->deadline = UINT64_MAX;
	t->connections++;
}

static int begin(struct transport *t, usec_t now)
{
	const struct addrinfo *a = t->next;
	int on = 1;

	t->fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
	if (t->fd < 0)
		return -errno;
	(void)setsockopt(t->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (connect(t->fd, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS)
		return -errno;
	t->state = CONNECTING;
	t->deadline = now + CONNECT_TIME;
	return 0;
}

static int go_on_looking_up(struct transport *t, usec_t now)
{
	struct addrinfo *found;
	int r = lookup_run(t->lookup, &found);

	t->state = LOOKUP;
	t->deadline = now + LOOKUP_POLL;
	if (r <= 0)
		return r;
	if (t->addresses)
		freeaddrinfo(t->addresses);
	t->addresses = t->next = found;
	return begin(t, now);
}

static int begin_session(struct transport *t)
{
	if (gnutls_init(&t->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
		return -ENOMEM;
	if (gnutls_set_default_priority(t->session) < 0 ||
	    gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, t->credentials) < 0 ||
	    gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, t->name, strlen(t->name)) < 0)
		return -ENOMEM;
	gnutls_session_set_verify_cert(t->session, t->name, 0);
	gnutls_transport_set_int(t->session, t->fd);
	t->state = HANDSHAKE;
	return 0;
}

/* 0 where it goes on waiting. */
static int go_on_connecting(struct transport *t)
{
	struct pollfd p = { .fd = t->fd, .events = POLLOUT };
	int err = 0;
	socklen_t len = sizeof(err);

	if (poll(&p, 1, 0) <= 0)
		return 0;
	if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0 || err)
		return err ? -err : -EIO;
	if (t->kind == TRANSPORT_TLS)
		return begin_session(t);
	be_ready(t);
	return 0;
}

static int go_on_shaking(struct transport *t)
{
	int r = gnutls_handshake(t->session);

	if (r == 0)
		be_ready(t);
	else if (gnutls_error_is_fatal(r))
		/* the certificate, most of all */
		return r == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR ? -EKEYREJECTED : -EPROTO;
	return 0;
}

/* Servers of logs say nothing: what can be read is the end, or nothing that matters. */
static int listen_for_end(struct transport *t)
{
	char bytes[256];
	ssize_t n;

	if (t->kind == TRANSPORT_TLS) {
		n = gnutls_record_recv(t->session, bytes, sizeof(bytes));
		return n == 0 || (n < 0 && gnutls_error_is_fatal((int)n)) ? -ECONNRESET : 0;
	}
	n = recv(t->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (t->kind == TRANSPORT_UDP || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return 0;
	return n < 0 ? -errno : n == 0 ? -ECONNRESET : 0;
}

static int go_on(struct transport *t, usec_t now)
{
	bool due = t->deadline <= now;
	int r = 0;

	if (t->state == READY)
		return t->broken ? -EPIPE : listen_for_end(t);
	if ((t->state == CONNECTING || t->state == HANDSHAKE) && due)
		return -ETIMEDOUT;
	if (t->state == LOOKUP || (t->state == IDLE && due && !t->next))
		r = go_on_looking_up(t, now);
	else if (t->state == IDLE && due)
		r = begin(t, now);
	if (r == 0 && t->state == CONNECTING)
		r = go_on_connecting(t);
	if (r == 0 && t->state == HANDSHAKE)
		r = go_on_shaking(t);
	return r;
}

int transport_run(struct transport *t, usec_t now)
{
	int r = go_on(t, now);

	if (r < 0) {
		transport_break(t, now);
		return r;
	}
	return t->state == READY;
}

ssize_t transport_write(void *user, const char *bytes, size_t len)
{
	struct transport *t = user;
	ssize_t n;

	if (t->state != READY || t->broken) {
		errno = EAGAIN;
		return -1;
	}
	if (t->kind != TRANSPORT_TLS) {
		n = send(t->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} else {
		n = gnutls_record_send(t->session, bytes, len);
		if (n < 0) {
			errno = gnutls_error_is_fatal((int)n) ? EPIPE : EAGAIN;
			n = -1;
		}
	}
	if (n > 0)
		t->pause = PAUSE_FIRST;
	/* a datagram that nobody wanted, or that was too long, breaks nothing */
	if (n < 0 && errno != EAGAIN && errno != EINTR && t->kind != TRANSPORT_UDP)
		t->broken = true;
	return n;
}

usec_t transport_deadline(const struct transport *t)
{
	return t->broken ? 0 : t->deadline;
}

int transport_wait(const struct transport *t, bool writing, uint32_t *ret_events)
{
	*ret_events = POLLIN;
	if (t->state == CONNECTING || (t->state == READY && writing))
		*ret_events |= POLLOUT;
	else if (t->state == HANDSHAKE && gnutls_record_get_direction(t->session))
		*ret_events = POLLOUT;
	return t->fd;
}

uint64_t transport_connections(const struct transport *t)
{
	return t->connections;
}
