/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Progress on a terminal: one line of standard error, written over. Nothing where that is no terminal.
 */
#include "base/progress.h"

/* unit: bytes a step of done stands for. */
void progress_terminal(struct progress *ret, uint64_t unit);
