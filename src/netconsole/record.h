/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the outputs are given: a line or record of a source, or something that happened to it. */
#include "netconsole/address.h"
#include "netconsole/body.h"
#include "signature/signature.h"

enum record_kind {
	RECORD_TEXT,
	RECORD_LOST,	/* count messages never came */
	RECORD_REBOOT,	/* a new kernel speaks from here on */
	RECORD_CAPTURE, /* that kernel is a capture kernel: its command line says so; or, with a stage, what it tells itself */
	RECORD_CRASH,
	RECORD_KINDS,
};

enum {
	RECORD_LATE = 1 << 0,	  /* stood before what was handed on already */
	RECORD_HOLES = 1 << 1,	  /* pieces are missing; the text says where */
	RECORD_CONFLICT = 1 << 2, /* pieces contradicted one another */
	RECORD_CUT = 1 << 3,	  /* a basic line whose end did not come */
	RECORD_STRAY = 1 << 4,	  /* lines in the dictionary that are none */
	RECORD_RESENT = 1 << 5, /* the capture kernel sent it, because the crashed one could not */
};
#define RECORD_FLAGS 6

/* "late" */
extern const char *const record_flag_names[RECORD_FLAGS];
/* "text" */
extern const char *const record_kind_names[RECORD_KINDS];

struct record_crash {
	struct signature signature;
	bool panic;	  /* the machine ended here; the title may be that of an earlier oops */
	const char *text; /* the block's lines, '\n' after each */
	const char *release, *comm; /* NULL: not written */
	int64_t cpu, pid;	    /* -1: not written */
};

/* All that is pointed to is valid during the call. */
struct record {
	enum record_kind kind;
	uint64_t received_us; /* by the wall clock, since 1970 */
	const struct address *from;
	const char *address; /* its text */
	uint16_t port;
	const char *host, *boot, *release; /* as its userdata or header says; NULL: not said */
	bool extended;			   /* what follows is known */
	unsigned priority;
	uint64_t seq, time_us;
	char flag;
	const char *caller; /* "" where not known */
	const struct body *body;
	const char *text; /* unescaped, any bytes, lines by '\n'; NUL behind it */
	size_t len;
	unsigned flags;
	uint64_t count;
	const struct record_crash *crash;
	const char
		*stage; /* RECORD_CAPTURE: announce_stage_names, the text says more; NULL: none */
};

typedef void (*record_emit)(void *user, const struct record *r);
