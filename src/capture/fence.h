/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Tells the nodes of a cluster that this one is saving its dump, so that they need not fence it: what fence_kdump_send(8) does. A
 * process of its own sends until the machine ends, whatever becomes of the worker that began it.
 */
#include "plan/plan.h"

/* Where the plan names nodes. -errno: there is no such process. */
int fence_begin(const struct plan *p) _must_check_;
