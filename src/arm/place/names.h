/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Servers' names looked up while name servers may be dead: for a limited time, and with what is known from arming at hand. */
#include "arm/record.h"
#include "base/clock.h"

struct names {
	usec_t limit;		    /* for each look-up */
	const struct record *armed; /* what was found when it was armed; NULL: nothing is known */
	struct record *now;	    /* where findings are written down */
	struct buf unsure;	    /* what could not be checked, in words, "" where all was */
};

/*
 * The numeric addresses of a host, at least one, in the resolver's order, but one that it had when armed first. Where nobody
 * answers it is that one alone, and `unsure` says so. names_free().
 */
int names_look_up(struct names *n, const char *host, char ***ret, struct error *e) _must_check_;

/* Which of them was taken. */
int names_remember(struct names *n, const char *host, const char *address) _must_check_;
