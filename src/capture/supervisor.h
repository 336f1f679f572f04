/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * PID 1 once everything is set up. It allocates nothing, its pages are locked, and it waits in poll(2) alone. Whatever
 * becomes of the worker, supervise() returns, and true only when the dump is saved and the target closed.
 */
#include "capture/capture.h"

bool supervise(struct capture *c);
