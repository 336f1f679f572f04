/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The same work in several threads. A thread is one that has something to do: with one, nothing is started.
 */
#include "base/macro.h"

#define PARALLEL_MAX 64

/* How many threads to use: wanted, or where that is 0 one for each CPU this process may run on. */
unsigned parallel_threads(unsigned wanted);

/*
 * Calls work(user, i) for i below threads, index 0 in the calling thread, and returns when all are back: the first error of
 * the lowest index, or 0. A thread that cannot be started is left out: the others must be able to finish the work.
 */
int parallel_run(unsigned threads, int (*work)(void *user, unsigned index),
		 void *user) _must_check_;
