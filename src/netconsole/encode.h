/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A record as netconsole's datagrams in extended format, cut into pieces as the kernel does it (drivers/net/netconsole.c,
 * send_ext_msg_udp(); kernel/printk/printk.c, info_print_ext_header()). The other side is wire.h and reassembly.h. Pure.
 */
#include "base/buf.h"
#include "netconsole/wire.h"

#define ENCODE_DATAGRAM 1000 /* MAX_PRINT_CHUNK */
#define ENCODE_TEXT_MAX 8192 /* CONSOLE_EXT_LOG_MAX: an escaped text ends there */

struct encode_record {
	uint64_t seq, time_us;
	unsigned priority;
	bool continued;	    /* a text that was not whole yet */
	const char *caller; /* "T1", "" */
	const char *text;   /* any bytes */
	size_t len;
	const char *subsystem, *device; /* of its dictionary; "" */
};

/* Returns a negative errno to stop. */
typedef int (*encode_send)(void *user, const char *datagram, size_t len);

/*
 * release: written before the header, NULL: not. fields: the further dictionary, lines made by encode_field(). Returns what
 * send did, -ENOMEM, or -E2BIG where a header leaves no room.
 */
int encode_record(const struct encode_record *r, const char *release, const char *fields,
		  encode_send send, void *user) _must_check_;

/* " KEY=VALUE\n"; what is no printable ASCII of the value becomes '_'. Nothing is added for a value of "". */
int encode_field(struct buf *out, const char *key, const char *value) _must_check_;
