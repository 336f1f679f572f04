/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a block device is made of, down to the hardware: device-mapper's tables and md's arrays as they are now, with the
 * devices below named so that another kernel finds them. What cannot be made again is refused, with the reason.
 */
#include "arm/place/blockdev.h"
#include "arm/image/modules.h"
#include "plan/plan.h"

/* A volume with its own parts and rows. */
struct volume {
	struct plan_volume plan;
	struct plan_part *parts;
	size_t parts_count;
	struct plan_row *rows;
	size_t rows_count;
};

struct volumes {
	struct volume items[PLAN_VOLUMES_MAX]; /* lower ones first */
	size_t count;
	char **syspaths; /* of the hardware below, every path to it; ends with NULL */
	size_t syspaths_count;
	char *modules[MODULES_NAMED_MAX / 2]; /* names or aliases */
	size_t modules_count;
};

/* Empty where the device is hardware. -EOPNOTSUPP: it stands on what cannot be made again. */
int volumes_find(const struct root *root, const struct blockdev *d, struct volumes **ret,
		 struct error *e) _must_check_;

/* Adds what `from` has and `to` has not; what is left of `from` stays there. */
int volumes_merge(struct volumes *to, struct volumes *from, struct error *e) _must_check_;

/* The plan takes them over. */
int volumes_give(struct volumes *v, struct plan *p) _must_check_;

struct volumes *volumes_free(struct volumes *v);
DEFINE_CLEANUP(struct volumes *, volumes_free)

/* How plan and capture are to find the device. */
int volumes_describe_device(const struct blockdev *d, struct plan_device *ret) _must_check_;
