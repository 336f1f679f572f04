/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * PID 1 once everything is set up. It allocates nothing, its pages are locked, and it waits in poll(2) alone. Whatever
 * becomes of the worker, supervise() returns, and true only when the dump is saved and the target closed, or a hook wanted no dump. The hooks of a failure and its shell are
 * done then.
 */
#include "capture/capture.h"

bool supervise(struct capture *c);

/* The action is told to whoever hears of the dump over the network, and waited for a little until they are. */
void supervise_end(struct capture *c, enum plan_action action);
