/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A line of a host's file, as text.h writes it. The marks in it are the receiver's own: what a kernel says stands behind
 * its time, or has its first byte escaped. Hostile; pure.
 */
#include "netconsole/announce.h"

enum story_mark {
	STORY_TEXT, /* what the kernel said */
	STORY_LOST,
	STORY_BOOT,
	STORY_IS_CAPTURE, /* the new kernel is a capture kernel, by its command line */
	STORY_STAGE,
	STORY_CRASH, /* and a panic */
};

struct story_line {
	uint64_t time_us; /* since 1970 */
	enum story_mark mark;
	bool resent, panic;
	enum announce_stage stage;
	const char
		*text; /* behind the mark: title, release, what a stage says; not NUL-terminated */
	size_t len;
	const char *hash; /* of a crash; NULL: none */
	size_t hash_len;
	uint64_t count; /* STORY_LOST: messages; 0: another event */
};

/* Without the newline. False: it is no line of such a file. */
bool story_line_parse(const char *line, size_t len, struct story_line *ret);

/* "2026-11-21T14:30:01[.123456][Z]", "2026-11-21" of UTC, all of len. */
bool story_time_parse(const char *text, size_t len, uint64_t *ret_us);
