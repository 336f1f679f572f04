/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Finding the block device a plan means, in a kernel that may have given it another name. No udev: sysfs, devtmpfs and the
 * superblock itself.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/root.h"
#include "plan/plan.h"

#define DEVICE_NAME_MAX 64
#define DEVICE_SERIAL_MAX 128

/* What sysfs tells about a block device. Strings are "" where it does not tell. */
struct device_facts {
	char name[DEVICE_NAME_MAX];	/* in devtmpfs, such as vda1 or cciss/c0d0 */
	char syspath[512];		/* below /sys/devices */
	char serial[DEVICE_SERIAL_MAX]; /* of the disk */
	uint64_t size;			/* bytes */
	uint32_t partition;		/* 0 for a whole disk */
	bool read_only;
};

/* kernel_name as in /sys/class/block. arm and capture both ask here, so that they mean the same by a serial number. -ENOENT. */
int device_facts_read(const struct root *root, const char *kernel_name,
		      struct device_facts *ret) _must_check_;

/* How well the device fits the plan without looking at its content. */
enum device_match {
	DEVICE_NO,
	DEVICE_POSSIBLE, /* only its file system's UUID can tell */
	DEVICE_LIKELY,	 /* the place or the serial number agrees: look here first */
};

/*
 * Pure. A device that the plan makes of others has its place, and no other is it. With a file system's UUID in the plan nothing
 * else is ever ruled out: the UUID decides. Without one (raw) size and partition number must be equal, and of serial number,
 * place and name the first that both sides know.
 */
enum device_match device_match(const struct plan_device *want, const struct device_facts *have);

/* With its UUID verified, waits for it until the deadline (clock_now()).
 * -ETIMEDOUT: the error names what was looked for and what is there instead. -EROFS: it is there and write-protected. */
int device_wait(const struct root *root, const struct plan_device *want, const char *fstype,
		usec_t deadline, struct device_facts *ret, struct error *e) _must_check_;
