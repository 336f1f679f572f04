/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Block devices of the running kernel, by what kdump.conf and mountinfo call them. Needs sysfs and
 * the device nodes, not udev. Under --root a node may be a regular file: its name then says which
 * device it is.
 */
#include "base/error.h"
#include "base/root.h"
#include "target/device.h"

struct blockdev {
	char *kernel_name; /* in /sys/class/block */
	char *node;	   /* in /dev, a path inside the root */
	struct device_facts facts;
	char fstype[32], uuid[64], label[256]; /* of the superblock; "" where there is none */
	bool partition_table;
};

/* spec: /dev/…, UUID=, LABEL=, PARTUUID= or PARTLABEL=. -ENODEV where there is none, -ENOTUNIQ
 * where several match. */
int blockdev_find(const struct root *root, const char *spec, struct blockdev *ret,
		  struct error *e) _must_check_;

int blockdev_from_number(const struct root *root, unsigned major, unsigned minor,
			 struct blockdev *ret, struct error *e) _must_check_;

/* Something can be written on it now. */
int blockdev_check(const struct blockdev *d, struct error *e) _must_check_;

void blockdev_done(struct blockdev *d);

#define _cleanup_blockdev_ _cleanup_(blockdev_done)
