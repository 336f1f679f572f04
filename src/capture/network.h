/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The network as the plan has it: links made and set up, addresses, routes; by rtnetlink, waited for by its events. */
#include "base/clock.h"
#include "base/error.h"
#include "plan/plan.h"

/* What cannot be had (a second NIC of a bond) is said and passed over; an error where the way to the target is not up. */
int network_up(const struct plan *p, usec_t deadline, struct error *e) _must_check_;
