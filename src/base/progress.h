/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * How far long work has come. The worker counts; whoever prints (cli, capture) gives a function that is
 * called when a second has passed or the phase changed, from the thread that asks progress_step().
 */
#include <stdatomic.h>

#include "base/clock.h"
#include "base/macro.h"

/* The phase in which a dump is written. */
#define PROGRESS_COPYING "copying pages"

struct progress {
	const char *phase; /* "copying pages" */
	_Atomic uint64_t done;
	uint64_t total; /* 0 where it is not known */
	usec_t started; /* of this phase */
	usec_t shown;
	void (*show)(struct progress *p, usec_t now, bool last);
	void *user;
};

/* All accept NULL. progress_add() may be called by any thread; the others by the one that owns the work. */
void progress_begin(struct progress *p, const char *phase, uint64_t total);
void progress_step(struct progress *p);
void progress_end(struct progress *p);

static inline void progress_add(struct progress *p, uint64_t n)
{
	if (p)
		atomic_fetch_add_explicit(&p->done, n, memory_order_relaxed);
}

/* "37.5 %, 812 MiB/s, 12 s left": the text both printers use; unit is bytes per step of done. */
int progress_format(const struct progress *p, usec_t now, uint64_t unit, char *buf, size_t size);
