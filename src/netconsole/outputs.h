/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* All outputs that are asked for: each gets every record, and none holds up another. */
#include <poll.h>

#include "netconsole/output.h"

#define OUTPUTS_MAX 16

/* Zero-initialised is none. */
struct outputs {
	struct output *list[OUTPUTS_MAX];
	size_t count;
};

/* specs: "KIND:ARGUMENT", at most OUTPUTS_MAX; none: "text:". */
int outputs_open(struct outputs *o, char *const *specs, size_t count, struct error *e) _must_check_;

/*
 * Others are asked for. Those of the same words stay, with what waits in them, and open their files anew; those that nobody
 * asks for any more have a moment for what waits. On failure all stays as it was.
 */
int outputs_change(struct outputs *o, char *const *specs, size_t count, usec_t now,
		   struct error *e) _must_check_;

void outputs_put(struct outputs *o, const struct record *r, usec_t now);
void outputs_run(struct outputs *o, usec_t now);
void outputs_child(struct outputs *o, int pid, int status, usec_t now);

/* UINT64_MAX: never. */
usec_t outputs_deadline(const struct outputs *o);

/* Nobody will read any of them again. */
bool outputs_over(const struct outputs *o);

/* Fills in what to wait for: returns how many, at most OUTPUTS_MAX. */
size_t outputs_poll(const struct outputs *o, struct pollfd *fds);

/* What waits is written until the deadline of clock_now(). */
void outputs_close(struct outputs *o, usec_t until);
