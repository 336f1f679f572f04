/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Whole reads and writes: interrupted and short transfers are continued. All return 0 or a negative errno
 * unless said otherwise.
 */
#include <poll.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/macro.h"

#include <sys/types.h>
#include <sys/uio.h>

/* -ENODATA when the file ends first. */
int pread_exactly(int fd, void *buf, size_t len, uint64_t offset) _must_check_;

/*
 * poll(2) until something is ready or the deadline of clock_now(): the number of ready ones, -ETIMEDOUT, or another negative
 * errno.
 */
int poll_until(struct pollfd *fds, nfds_t count, usec_t deadline) _must_check_;

int write_all(int fd, const void *data, size_t len) _must_check_;
int pwrite_all(int fd, const void *data, size_t len, uint64_t offset) _must_check_;

/* A whole file, such as one in /proc, at most limit bytes: -E2BIG beyond. dirfd as in openat(2). */
int read_file_at(int dirfd, const char *path, size_t limit, struct buf *ret) _must_check_;

/* Writes a short text to an existing file, such as one in /sys, in one write(2). */
int write_file_at(int dirfd, const char *path, const char *text) _must_check_;
