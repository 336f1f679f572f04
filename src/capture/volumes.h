/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Devices that the plan makes of others: device-mapper's and md's, set up when a target needs them. */
#include "base/clock.h"
#include "base/error.h"
#include "plan/plan.h"

/*
 * What the device stands on, lower ones first, each once; the disks at the bottom are waited for. Nothing to do for
 * hardware, or for what is there already.
 */
int volumes_up(const struct plan *p, const struct plan_device *d, usec_t deadline,
	       struct error *e) _must_check_;
