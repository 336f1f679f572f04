/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The two kinds of timers that `timer` shows. Each goes through the CPUs of `cpus`, one entry a possible CPU. */
#include "inspect/command.h"

struct timer_show {
	struct inspect *c;
	struct object_source source;
	const bool *cpus;
	uint32_t count;
	struct json *json; /* an array is open in it; NULL: text */
	struct error damage;
};

/* The timer wheel, in jiffies. */
int timer_wheel(struct timer_show *t, struct error *e) _must_check_;

/* High-resolution timers, in ns. */
int timer_high(struct timer_show *t, struct error *e) _must_check_;

/* Columns of a table of timers: as wide as the widest number. */
int timer_digits(uint64_t n);

/* Remembers the first damage. */
void timer_damage(struct timer_show *t, int err, const struct error *why);
