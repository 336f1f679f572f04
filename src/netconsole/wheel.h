/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Many deadlines, most of them moved before they come: a ring of ticks, each a list. A deadline beyond the ring is put into
 * its last tick; who is woken early sets itself again. No clock.
 */
#include "base/clock.h"
#include "base/macro.h"

#define WHEEL_TICK (10 * USEC_PER_MSEC)
#define WHEEL_SLOTS 512

/* Part of what waits. Zero-initialised is not set. */
struct wheel_entry {
	struct wheel_entry *next, **back;
	uint64_t tick;
};

struct wheel {
	uint64_t tick; /* all before it are done */
	struct wheel_entry *slots[WHEEL_SLOTS];
	uint64_t filled[WHEEL_SLOTS / 64]; /* may be set for an empty slot */
};

void wheel_init(struct wheel *w, usec_t now);

/* UINT64_MAX: never. An entry that is set already is moved. */
void wheel_set(struct wheel *w, struct wheel_entry *e, usec_t deadline);
void wheel_clear(struct wheel_entry *e);

/* When wheel_take() has something, at the latest; UINT64_MAX: never. */
usec_t wheel_deadline(const struct wheel *w);

/* One whose time has come, no longer set, or NULL. */
struct wheel_entry *wheel_take(struct wheel *w, usec_t now);
