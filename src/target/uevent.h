/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The kernel's announcements of devices, from the NETLINK_KOBJECT_UEVENT socket (lib/kobject_uevent.c of the kernel).
 */
#include "base/clock.h"
#include "base/error.h"

/* A socket that has been listening since this call. */
int uevent_open(int *ret_fd, struct error *e) _must_check_;

/* Sleeps until a block device was added or changed: 0, or -ETIMEDOUT when the deadline (clock_now()) passed. Events
 * that were lost because there were too many count as one. */
int uevent_wait_block(int fd, usec_t deadline) _must_check_;

/* Is this message, with its NULs, about a block device that was added or changed? */
bool uevent_is_block(const char *msg, size_t len);
