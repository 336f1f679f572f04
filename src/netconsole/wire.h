/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * One datagram of netconsole(4.4 and later), taken apart: basic (console text) or extended (a record of /dev/kmsg, maybe a
 * piece of one). Source: Documentation/networking/netconsole.rst, drivers/net/netconsole.c, kernel/printk/printk.c
 * (info_print_ext_header). Pure: nothing is copied; all parts point into the datagram.
 */
#include "base/macro.h"

/* The kernel sends at most 1000 bytes; this is what an Ethernet frame carries. */
#define WIRE_DATAGRAM_MAX 1472
#define WIRE_CALLER_SIZE 24
#define WIRE_RELEASE_MAX 64
/* Of a message in pieces: 64 KiB of dictionary, and a text of 2 KiB that is all escapes. */
#define WIRE_TOTAL_MAX ((uint64_t)128 << 10)

/* What keeps a datagram from being an extended record: it is basic text then. */
enum wire_reason {
	WIRE_EXTENDED,
	WIRE_NUL,	/* the kernel never sends one */
	WIRE_LONG,	/* more than WIRE_DATAGRAM_MAX */
	WIRE_NO_HEADER, /* no ';' where one can be */
	WIRE_FIELDS,	/* too few of them, or the release is none */
	WIRE_NUMBER,	/* priority, sequence or time are no plain decimal numbers */
	WIRE_FLAG,
	WIRE_PIECE, /* ncfrag that is malformed, repeated, or outside its total */
	WIRE_REASONS,
};

struct wire_slice {
	const char *start; /* NULL: not there */
	size_t len;
};

struct wire_message {
	struct wire_slice release;     /* written before the header with release prepended */
	unsigned priority;	       /* facility * 8 + level */
	uint64_t seq, time_us;	       /* both begin anew at each boot */
	char flag;		       /* '-', 'c', '+', or another one as it came */
	char caller[WIRE_CALLER_SIZE]; /* "T123", "C0", "" */
	bool piece;
	uint64_t offset, total; /* of a piece, in bytes of the whole body */
	struct wire_slice body; /* text and dictionary, escaped */
};

/* datagram: len > 0. *ret is written where the answer is WIRE_EXTENDED. */
enum wire_reason wire_parse(const char *datagram, size_t len, struct wire_message *ret);
