/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The story of one machine: boots, crashes, what became of the dumps. Lines of its file in, what happened out, in order. A state
 * machine without I/O and clock; it keeps nothing of the lines but what an entry needs.
 */
#include "netconsole/story_line.h"

enum story_kind {
	STORY_ENTRY_BOOT,    /* text: the release, or "" */
	STORY_ENTRY_CRASH,   /* text: the title */
	STORY_ENTRY_CAPTURE, /* a capture kernel began; text: who says so */
	STORY_ENTRY_TARGET,
	STORY_ENTRY_SAVED,
	STORY_ENTRY_FAILED,
	STORY_ENTRY_SILENT, /* it began, and its end was never heard of; text: how far it was */
	STORY_ENTRY_ACTION, /* text: reboot, halt, poweroff */
	STORY_ENTRY_KINDS,
};

/* "boot" */
extern const char *const story_kind_names[STORY_ENTRY_KINDS];

#define STORY_TEXT_SIZE 512

struct story_entry {
	enum story_kind kind;
	uint64_t time_us;
	bool panic;
	char text[STORY_TEXT_SIZE];
	char hash[64]; /* of a crash */
	uint64_t
		since_us; /* of SAVED, FAILED, SILENT: since the capture kernel began; of BOOT: since the machine's last crash; 0: not known */
	uint64_t
		resent; /* of SAVED, FAILED, SILENT: lines that only the capture kernel could send */
	uint64_t lost;	/* of BOOT: messages of the kernel before that were lost */
};

typedef void (*story_emit)(void *user, const struct story_entry *e);

/* Zero-initialised is before the first line. */
struct host_story {
	bool capturing, told_end; /* a capture kernel is at work; it told what came of it */
	uint64_t said_us,
		heard_us; /* when the kernel itself said its last line; the last line of all */
	uint64_t crash_us, began_us; /* of the crash and the capture kernel; 0: none */
	uint64_t resent, lost;
	char progress[16];
};

/* What happened, by time; of equal times a crash before the capture kernel. The oldest goes where there is more than STORY_ENTRIES. */
#define STORY_ENTRIES 10000

struct story_list {
	struct story_entry *entries;
	size_t count, room;
	uint64_t forgotten;
	bool failed; /* for want of memory */
};

/* user: the list. Of type story_emit. */
void story_list_add(void *user, const struct story_entry *e);
void story_list_done(struct story_list *l);

void host_story_put(struct host_story *s, const struct story_line *l, story_emit emit, void *user);

/* No more lines. */
void host_story_end(struct host_story *s, story_emit emit, void *user);
