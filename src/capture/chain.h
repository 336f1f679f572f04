/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The plan's targets in their order. A worker dumps to the first one that opens; where that fails, however it fails, the
 * supervisor starts another worker with the next. The log goes to all that answer before the first dump is begun.
 */
#include "capture/worker.h"

/* How long a device or a server may take to be there, from now on. */
usec_t chain_deadline(const struct plan *p);

/* The target phase: the first of the plan's targets, from first_target on, that opens. */
int chain_open(struct worker *w, struct error *e) _must_check_;

/*
 * Hands every other target that opens within a short time to `each`, as a worker that has it open. Those that hold a dump
 * alone are passed over.
 */
void chain_each_other(struct worker *w, void (*each)(struct worker *other, void *user), void *user);
