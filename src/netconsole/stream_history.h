/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Which of a kernel's last records came, and a mark of their times: enough to tell one that is sent again from one that was lost,
 * and this kernel's from another's. A byte a record.
 */
#include "base/macro.h"

#define STREAM_HISTORY 1024

struct stream_history {
	uint8_t marks[STREAM_HISTORY]; /* by number; 0: did not come */
};

enum stream_past {
	PAST_CAME,
	PAST_LOST,   /* or was not sent */
	PAST_OTHER,  /* that number came with another time: another kernel's record */
	PAST_BEFORE, /* older than what is known */
};

/* next: number behind the newest before that record, which may be the new end. */
void stream_history_note(struct stream_history *h, uint64_t next, uint64_t seq, uint64_t time_us);

/* seq < next */
enum stream_past stream_history_look(const struct stream_history *h, uint64_t next, uint64_t seq,
				     uint64_t time_us);
