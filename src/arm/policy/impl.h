/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the reading and the changing side of the policy share. */
#include "arm/policy/sysctl.h"

#define SYSCTL_VALUE_MAX 4096

/* -ENOENT where the kernel has no such switch. Newly allocated, without the newline. */
int running_read(const struct root *root, const struct policy_switch *s, char **ret) _must_check_;

/* Written and read back; -EIO where the kernel took it and shows something else. */
int running_write(const struct root *root, const struct policy_switch *s,
		  const char *value) _must_check_;
