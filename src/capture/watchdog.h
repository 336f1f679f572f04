/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Hardware watchdogs (Documentation/watchdog/watchdog-api.rst). One that the first kernel started
 * goes on counting through the crash, and one that nobody started is of use too: the supervisor
 * opens all there are, which starts them, and it alone keeps them alive, so that a supervisor that
 * hangs is reset by the hardware.
 */
#include "base/clock.h"
#include "base/macro.h"

#define WATCHDOGS_MAX 4

struct watchdogs {
	unsigned seconds; /* the timeout to ask for; 0: they are left alone */
	usec_t interval;  /* between two pings: a third of the shortest timeout */
	usec_t due;	  /* of the next */
	size_t count;
	bool told; /* that one cannot be opened */
	int fds[WATCHDOGS_MAX];
};

/* Opens those that are there now and were not before. */
void watchdogs_look(struct watchdogs *w);

/* Pings when it is time. Returns when it is again, UINT64_MAX where there is none. */
usec_t watchdogs_ping(struct watchdogs *w, usec_t now);

/* Before the machine stands still: stops them, where the driver lets us. */
void watchdogs_stop(struct watchdogs *w);

/* In a child: a device stops only when nobody has it open any more. */
void watchdogs_forget(struct watchdogs *w);
