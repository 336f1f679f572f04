/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Brings files to the disk in a thread of its own: a disk that takes its time holds up nobody who receives. */
#include "base/clock.h"
#include "base/macro.h"

#define SYNCER_WAITING 256 /* files */

struct syncer;

int syncer_new(struct syncer **ret) _must_check_;

/* The descriptor stays the caller's. False: too many wait already, and this one does not. */
bool syncer_put(struct syncer *s, int fd);

/* 0, or the negative errno of one that failed since the last call. */
int syncer_failure(struct syncer *s);

/* Waits for all, until the deadline of clock_now(). */
void syncer_close(struct syncer *s, usec_t until);
