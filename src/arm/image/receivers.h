/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Who hears the last words by netconsole: those that kdump.conf names, or those that this kernel sends to itself, in the extended
 * format, and the ways to them. Nobody is told anything where that would cost the dump: a receiver to which there is no
 * way is left out.
 */
#include "arm/config/config.h"
#include "arm/place/names.h"
#include "arm/place/network.h"

struct receivers {
	struct plan_receiver items[PLAN_RECEIVERS_MAX];
	size_t count;
	struct network network; /* the ways, all late */
};

/* notes: a line for each that is left out. -ENOMEM */
int receivers_find(const struct root *root, const struct config *c, struct names *names,
		   struct receivers *ret, struct buf *notes, struct error *e) _must_check_;

/* "10.0.0.9:6666, 10.0.0.8:6666"; "" where there are none. */
int receivers_describe(const struct receivers *r, struct buf *ret) _must_check_;

/* The plan takes them over; the network stays. */
int receivers_give(struct receivers *r, const struct config *c, struct plan *p) _must_check_;

void receivers_done(struct receivers *r);

#define _cleanup_receivers_ _cleanup_(receivers_done)
