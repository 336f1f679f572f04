/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The scheduler's clocks, in ns. Each CPU's stands where its run queue was last touched: the difference to what a task of
 * that CPU holds is how long that was ago.
 */
#include "inspect/command.h"

/* rq->clock of a CPU. */
int sched_clock_of(struct inspect *c, uint32_t cpu, uint64_t *ret, struct error *e) _must_check_;

/* The highest of all CPUs: nearest to the moment of the crash. 0 where none can be had. */
uint64_t sched_clock_latest(struct inspect *c);

/* "0 00:00:00.003": days, hours, minutes, seconds and milliseconds. */
#define SCHED_AGE_SIZE 48
void sched_age(uint64_t ns, char ret[SCHED_AGE_SIZE]);
