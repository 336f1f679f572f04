/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The addresses of a server's name, asked for without waiting: name servers may be away for a minute. */
#include <netdb.h>

#include "base/macro.h"

struct lookup;

/* socktype: SOCK_DGRAM, SOCK_STREAM. -ENOMEM */
int lookup_new(const char *host, const char *port, int socktype, struct lookup **ret) _must_check_;

/* Asks, or goes on. 1: *ret are the addresses, the caller's to free; 0: not yet; -ENXIO: nobody knows the name. */
int lookup_run(struct lookup *l, struct addrinfo **ret) _must_check_;

struct lookup *lookup_free(struct lookup *l);
