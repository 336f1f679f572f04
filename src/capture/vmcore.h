/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "capture/worker.h"

/* The dump phase: vmcore as the plan's collector makes it, synced and under its final name. What an error leaves behind keeps
 * its incomplete name. */
int vmcore_save(struct worker *w, struct error *e) _must_check_;
