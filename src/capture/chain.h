/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The plan's targets in their order. A worker dumps to the first one that opens; where that fails, however it fails, the
 * supervisor starts another worker with the next. The log goes to all that answer before the first dump is begun.
 */
#include "capture/worker.h"

/* How long a device or a server may take to be there, from now on. */
usec_t chain_deadline(const struct plan *p);

/* Is there a target left for a dump that is not saved? */
bool chain_has_next(const struct capture *c);

/*
 * A worker was killed while it wrote the dump: can another one go on with it? Not with what is in a stream, is encrypted, or is no
 * kdump-compressed dump with all its content; and one that was killed again has shown enough.
 */
bool chain_can_resume(const struct capture *c);

/* The target phase: the first of the plan's targets, from first_target on, that opens. The last resort has a worker of its own:
 * something else comes before it. */
int chain_open(struct worker *w, struct error *e) _must_check_;

/*
 * Hands every other target that opens within a short time to `each`, as a worker that has it open. Those that hold a dump
 * alone are passed over.
 */
void chain_each_other(struct worker *w, void (*each)(struct worker *other, void *user), void *user);
