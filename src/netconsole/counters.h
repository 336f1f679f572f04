/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What was received, made of it, and left out, and why. Names and help are those of the metrics. */
#include "base/macro.h"

enum counter {
	COUNT_DATAGRAMS,
	COUNT_BYTES,
	COUNT_EXTENDED,
	COUNT_BASIC,
	COUNT_BASIC_NUL, /* from here to COUNT_BASIC_PIECE in the order of enum wire_reason */
	COUNT_BASIC_LONG,
	COUNT_BASIC_NO_HEADER,
	COUNT_BASIC_FIELDS,
	COUNT_BASIC_NUMBER,
	COUNT_BASIC_FLAG,
	COUNT_BASIC_PIECE,
	COUNT_RECORDS,
	COUNT_DROPPED_KERNEL,
	COUNT_DROPPED_NOT_ALLOWED,
	COUNT_DROPPED_EMPTY,
	COUNT_DROPPED_DUPLICATE,
	COUNT_DROPPED_PIECE,
	COUNT_DROPPED_MEMORY,
	COUNT_LOST,
	COUNT_GAPS,
	COUNT_LATE,
	COUNT_RESENT,
	COUNT_ANNOUNCED,
	COUNT_REBOOTS,
	COUNT_JOINED,
	COUNT_HOLES,
	COUNT_CONFLICTS,
	COUNT_CUT_LINES,
	COUNT_STRAY,
	COUNT_FIELDS_DROPPED,
	COUNT_SOURCES_NEW,
	COUNT_SOURCES_EVICTED,
	COUNT_SOURCES_EVICTED_REGULAR,
	COUNT_CRASHES,
	COUNT_CRASHES_UNREAD,
	COUNT_PROGRAMS_RUN,
	COUNT_PROGRAMS_FAILED,
	COUNT_PROGRAMS_DROPPED,
	COUNT_RELOADS,
	COUNTERS,
};

struct counters {
	uint64_t n[COUNTERS];
};

struct counter_row {
	const char *name;  /* of the metric, without "lastword_netconsole_" and "_total" */
	const char *label; /* "reason=\"nul\"", NULL: none; rows of one name stand together */
	const char *help;
};

extern const struct counter_row counter_rows[COUNTERS];
