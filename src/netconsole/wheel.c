/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netconsole/wheel.h"

void wheel_init(struct wheel *w, usec_t now)
{
	*w = (struct wheel){ .tick = now / WHEEL_TICK };
}

void wheel_clear(struct wheel_entry *e)
{
	if (!e->back)
		return;
	*e->back = e->next;
	if (e->next)
		e->next->back = e->back;
	*e = (struct wheel_entry){ 0 };
}

void wheel_set(struct wheel *w, struct wheel_entry *e, usec_t deadline)
{
	uint64_t tick = deadline / WHEEL_TICK + 1;
	struct wheel_entry **slot;

	if (deadline == UINT64_MAX) {
		wheel_clear(e);
		return;
	}
	tick = MIN(MAX(tick, w->tick + 1), w->tick + WHEEL_SLOTS - 1);
	if (e->back && e->tick == tick)
		return;
	wheel_clear(e);
	slot = &w->slots[tick % WHEEL_SLOTS];
	*e = (struct wheel_entry){ .next = *slot, .back = slot, .tick = tick };
	if (*slot)
		(*slot)->back = &e->next;
	*slot = e;
	w->filled[tick % WHEEL_SLOTS / 64] |= UINT64_C(1) << (tick % 64);
}

/* The next tick at or behind `from` whose slot may be filled; from + WHEEL_SLOTS where there is none. */
static uint64_t next_filled(const struct wheel *w, uint64_t from)
{
	uint64_t end = from + WHEEL_SLOTS;

	while (from < end) {
		uint64_t bits = w->filled[from % WHEEL_SLOTS / 64] >> (from % 64);

		if (bits)
			return MIN(from + (unsigned)__builtin_ctzll(bits), end);
		from = align_down(from, 64) + 64;
	}
	return end;
}

usec_t wheel_deadline(const struct wheel *w)
{
	uint64_t tick = next_filled(w, w->tick);

	return tick < w->tick + WHEEL_SLOTS ? tick * WHEEL_TICK : UINT64_MAX;
}

struct wheel_entry *wheel_take(struct wheel *w, usec_t now)
{
	uint64_t end = now / WHEEL_TICK;

	for (;;) {
		uint64_t tick = next_filled(w, w->tick);
		struct wheel_entry *e;

		w->tick = MAX(w->tick, MIN(tick, end));
		if (tick > end || tick >= w->tick + WHEEL_SLOTS)
			return NULL;
		e = w->slots[tick % WHEEL_SLOTS];
		if (e) {
			wheel_clear(e);
			return e;
		}
		w->filled[tick % WHEEL_SLOTS / 64] &= ~(UINT64_C(1) << (tick % 64));
	}
}
