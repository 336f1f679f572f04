/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A machine that crashes again and again shall not fill a disk with dumps of the same crash and
 * stay on. How many crashes there were is told by the dump directories of this host that lie beside
 * the new one, by the time in their names.
 */
#include "capture/worker.h"

/* How many names of host_ip's directories say a time within `window` seconds before `now`.
 * *ret_future: that many say a later one, as after a clock that was wrong; they do not count.
 * names: a line each, hostile. */
unsigned crash_loop_count(const char *names, const char *host_ip, const char *zone, time_t now,
			  unsigned window, unsigned *ret_future);

/* Is this crash one of a loop, by the plan's rule? Says what it finds. A target that cannot be
 * listed has no loops. */
bool crash_loop_found(struct worker *w);
