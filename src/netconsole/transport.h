/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A connection to a server that may come and go: UDP, TCP, or TLS. It never blocks. It is tried again after a pause that
 * grows, at each of the name's addresses in turn, and then the name is looked up anew.
 */
#include "base/clock.h"
#include "base/error.h"

#include <sys/types.h>

enum transport_kind { TRANSPORT_UDP, TRANSPORT_TCP, TRANSPORT_TLS };

struct transport_options {
	enum transport_kind kind;
	const char *host, *port;
	const char *ca;		/* a file; NULL: what the system trusts */
	const char *cert, *key; /* of ours; NULL: none */
	const char *name;	/* the server's certificate is for; NULL: host */
};

struct transport;

int transport_new(const struct transport_options *o, struct transport **ret,
		  struct error *e) _must_check_;
struct transport *transport_free(struct transport *t);

/*
 * Goes on with what is to be done. 1: it can be written to; 0: not yet; a negative errno: an attempt failed, once each (-ENXIO:
 * nobody knows the name).
 */
int transport_run(struct transport *t, usec_t now) _must_check_;

/* As write(2): -1 with errno, EAGAIN where it does not take more now. After another error it is tried anew. */
ssize_t transport_write(void *t, const char *bytes, size_t len);

/* When to run it without an event; UINT64_MAX: not. */
usec_t transport_deadline(const struct transport *t);

/* What to poll for; `writing`: there is something to write. -1: nothing. */
int transport_wait(const struct transport *t, bool writing, uint32_t *ret_events);

/* How often it was connected: bytes of a message that a former connection took are to be sent again. */
uint64_t transport_connections(const struct transport *t);

/* Ends what was broken, so that it is tried anew. */
void transport_break(struct transport *t, usec_t now);
