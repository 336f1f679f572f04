/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How the plan's volumes hang together. */
#include "plan/plan.h"

/* The volume that the device is, or is a partition of; NULL where it is hardware. */
const struct plan_volume *plan_volume_of(const struct plan *p, const struct plan_device *d);

/* Does the place say that the device is no hardware but made by the kernel? */
bool plan_device_is_virtual(const struct plan_device *d);

/* Anything at all to find it by. */
bool plan_device_known(const struct plan_device *d);

/* What an array of md has when a disk of it is missing. */
enum plan_redundancy {
	PLAN_REDUNDANCY_NONE,
	PLAN_REDUNDANCY_COPIES,
	PLAN_REDUNDANCY_PARITY, /* Linux does not start it where it was being written meanwhile */
};

/* By the level's name as sysfs has it: "raid5". */
enum plan_redundancy plan_level_redundancy(const char *level);

/* Every volume has parts, made before it; every row a volume. */
int plan_check_volumes(const struct plan *p, struct error *e) _must_check_;

static inline bool given(const char *s)
{
	return s && *s;
}
