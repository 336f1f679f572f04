/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Mounting NFS with mount(2) alone, in both kernels: arm tries what capture will do. */
#include "base/clock.h"
#include "base/error.h"
#include "plan/plan.h"
#include "target/nfs_options.h"

/*
 * Mounts t->share of t->server at `at`. Where the options name no version, the newest that the server speaks is taken, as mount.nfs
 * does. A server that does not answer holds nobody up beyond the deadline of clock_now(): -ETIMEDOUT. *ret_version: "4.2".
 */
int nfs_mount(const struct plan_target *t, const char *at, usec_t deadline,
	      char ret_version[NFS_VERSION_SIZE], struct error *e) _must_check_;
