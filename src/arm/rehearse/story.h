/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the console of a rehearsed crash tells: first kernel, load, panic, capture kernel, the lines of lastword-init
 * (docs/capture.md). Pure: lines and times come in. Lines are hostile.
 */
#include "base/buf.h"
#include "base/clock.h"

/* In the order in which they are reached. */
enum story_stage {
	STORY_STARTED, /* QEMU runs */
	STORY_FIRST,   /* lastword-stage runs in the first kernel */
	STORY_LOADED,  /* the capture kernel is in the reservation */
	STORY_CRASHED, /* the first kernel has panicked */
	STORY_CAPTURE, /* the capture kernel writes */
	STORY_INIT,    /* lastword-init runs */
	STORY_ACTION,  /* it has come to its end: reboot, halt, poweroff */
	STORY_STAGES,
};

/* A thing of lastword-init's, with the time of its line. */
enum story_event {
	STORY_MODULES,
	STORY_NETWORK,
	STORY_TARGET, /* mounted or opened */
	STORY_LOG,
	STORY_REPORT,
	STORY_DUMP,
	STORY_MANIFEST,
	STORY_CLOSED,
	STORY_EVENTS,
};

#define STORY_WORDS 300

struct story {
	enum story_stage stage;
	usec_t reached[STORY_STAGES]; /* since QEMU's start */
	usec_t uptime[STORY_EVENTS];  /* of the capture kernel; 0: it did not happen */
	char said[STORY_EVENTS][STORY_WORDS];
	uint64_t reserved; /* bytes, as the first stage found them */
	uint64_t memory_total, lowest_available, lowest_free, worker_peak; /* bytes; 0 unknown */
	char refused[STORY_WORDS];     /* why the first stage came no further */
	char panic[STORY_WORDS];       /* the capture kernel's own end */
	char failure[STORY_WORDS];     /* the first of lastword-init's phases that failed */
	char last[STORY_WORDS];	       /* the last line of all */
	char passed_over[STORY_WORDS]; /* the first module that was */
	bool out_of_memory;
	bool next_target; /* the dump went to another one than the first, or was to */
	bool raw;	  /* the target takes the dump alone */
	char action[16];
};

/* False once nothing more is to come. */
bool story_take(struct story *s, const char *line, usec_t since_start);

/* Log, report (where wanted) and dump are there. */
bool story_is_whole(const struct story *s, bool report_wanted);

/* Why it is not, in words for the person; never empty. ended: "the machine was silent for 60 s". */
void story_reason(const struct story *s, bool report_wanted, const char *ended, char *buf,
		  size_t size);

const char *story_stage_name(enum story_stage s);
const char *story_event_name(enum story_event e);
