/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The process that tells others by netconsole: the crashed kernel's last records, and what becomes of the dump. It brings up
 * the network that nobody else needs, and reads /proc/vmcore by itself; the worker never waits for it. The
 * supervisor waits TELLER_WAIT for its last word.
 */
#include "capture/capture.h"

#define TELLER_WAIT (5 * USEC_PER_SEC)

int teller_run(struct capture *c);
