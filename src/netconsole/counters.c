/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/counters.h"

#include <stddef.h>

#define BASIC_HELP "datagrams taken as basic text, by what kept them from being extended records"
#define DROPPED_HELP "what was received and not handed on, by reason"
#define EVICTED_HELP "sources forgotten to make room; what they had waiting was written first"

/* clang-format off */
const struct counter_row counter_rows[COUNTERS] = {
	[COUNT_DATAGRAMS] = { "datagrams", NULL, "datagrams received" },
	[COUNT_BYTES] = { "bytes", NULL, "bytes of payload received" },
	[COUNT_EXTENDED] = { "extended", NULL, "datagrams in extended format" },
	[COUNT_BASIC] = { "basic", NULL, "datagrams in basic format" },
	[COUNT_BASIC_NUL] = { "basic_reason", "reason=\"nul\"", BASIC_HELP },
	[COUNT_BASIC_LONG] = { "basic_reason", "reason=\"long\"", BASIC_HELP },
	[COUNT_BASIC_NO_HEADER] = { "basic_reason", "reason=\"no-header\"", BASIC_HELP },
	[COUNT_BASIC_FIELDS] = { "basic_reason", "reason=\"fields\"", BASIC_HELP },
	[COUNT_BASIC_NUMBER] = { "basic_reason", "reason=\"number\"", BASIC_HELP },
	[COUNT_BASIC_FLAG] = { "basic_reason", "reason=\"flag\"", BASIC_HELP },
	[COUNT_BASIC_PIECE] = { "basic_reason", "reason=\"piece\"", BASIC_HELP },
	[COUNT_RECORDS] = { "records", NULL, "records and lines handed to the outputs" },
	[COUNT_DROPPED_KERNEL] = { "dropped", "reason=\"kernel\"", DROPPED_HELP },
	[COUNT_DROPPED_NOT_ALLOWED] = { "dropped", "reason=\"not-allowed\"", DROPPED_HELP },
	[COUNT_DROPPED_EMPTY] = { "dropped", "reason=\"empty\"", DROPPED_HELP },
	[COUNT_DROPPED_DUPLICATE] = { "dropped", "reason=\"duplicate\"", DROPPED_HELP },
	[COUNT_DROPPED_PIECE] = { "dropped", "reason=\"piece\"", DROPPED_HELP },
	[COUNT_DROPPED_MEMORY] = { "dropped", "reason=\"memory\"", DROPPED_HELP },
	[COUNT_LOST] = { "lost", NULL, "messages the sender counted that never came" },
	[COUNT_GAPS] = { "gaps", NULL, "record numbers left out: lost, or below the sender's log level" },
	[COUNT_LATE] = { "late", NULL, "records that came after later ones were handed on" },
	[COUNT_RESENT] = { "resent", NULL, "records that only a capture kernel could send" },
	[COUNT_ANNOUNCED] = { "announced", NULL, "what capture kernels told of their dumps" },
	[COUNT_REBOOTS] = { "reboots", NULL, "times a source's kernel began anew" },
	[COUNT_JOINED] = { "joined", NULL, "messages put together from pieces" },
	[COUNT_HOLES] = { "incomplete", NULL, "messages of which pieces never came" },
	[COUNT_CONFLICTS] = { "conflicts", NULL, "messages whose pieces contradict one another" },
	[COUNT_CUT_LINES] = { "cut_lines", NULL, "basic lines whose end never came, or that were too long" },
	[COUNT_STRAY] = { "stray", NULL, "records with lines that are no dictionary's" },
	[COUNT_FIELDS_DROPPED] = { "fields_dropped", NULL, "records with more dictionary lines than are kept" },
	[COUNT_SOURCES_NEW] = { "sources_new", NULL, "sources heard for the first time" },
	[COUNT_SOURCES_EVICTED] = { "sources_evicted", "kind=\"new\"", EVICTED_HELP },
	[COUNT_SOURCES_EVICTED_REGULAR] = { "sources_evicted", "kind=\"regular\"", EVICTED_HELP },
	[COUNT_CRASHES] = { "crashes", NULL, "oopses, panics and their like recognised" },
	[COUNT_CRASHES_UNREAD] = { "crashes_unread", NULL, "beginnings of crashes not read for want of memory" },
	[COUNT_PROGRAMS_RUN] = { "crash_programs_run", NULL, "programs started on a crash" },
	[COUNT_PROGRAMS_FAILED] = { "programs_failed", NULL, "programs that failed, could not be started, or took too long" },
	[COUNT_PROGRAMS_DROPPED] = { "programs_dropped", NULL, "crashes for which no program ran: too many at once" },
	[COUNT_RELOADS] = { "reloads", NULL, "times the configuration was read again" },
};
/* clang-format on */
