/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The network as the plan has it: links made and set up, addresses, routes; by rtnetlink, waited for by its events. */
#include "base/clock.h"
#include "base/error.h"
#include "plan/plan.h"

/* Are there links that are late, or not? */
bool network_has(const struct plan *p, bool late);

/*
 * Those that are late, or not; late ones may stand on the others, which are there then. What cannot be had (a second NIC of a bond) is said and passed over; an error
 * where the way is not up.
 */
int network_up(const struct plan *p, bool late, usec_t deadline, struct error *e) _must_check_;
