/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/stream_history.h"

#include <string.h>

/* Never 0. */
static uint8_t mark_of(uint64_t time_us)
{
	uint64_t mixed = time_us * UINT64_C(0x9e3779b97f4a7c15);

	return (uint8_t)(1 + (mixed >> 32) % 255);
}

void stream_history_note(struct stream_history *h, uint64_t next, uint64_t seq, uint64_t time_us)
{
	if (seq >= next && seq - next >= STREAM_HISTORY)
		memset(h->marks, 0, sizeof(h->marks));
	else
		for (uint64_t i = next; i < seq; i++)
			h->marks[i % STREAM_HISTORY] = 0;
	if (seq >= next || next - seq <= STREAM_HISTORY)
		h->marks[seq % STREAM_HISTORY] = mark_of(time_us);
}

enum stream_past stream_history_look(const struct stream_history *h, uint64_t next, uint64_t seq,
				     uint64_t time_us)
{
	uint8_t mark = h->marks[seq % STREAM_HISTORY];

	if (next - seq > STREAM_HISTORY)
		return PAST_BEFORE;
	if (mark == 0)
		return PAST_LOST;
	return mark == mark_of(time_us) ? PAST_CAME : PAST_OTHER;
}
