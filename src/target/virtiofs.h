/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/clock.h"
#include "target/target.h"

/* At a directory that is there; tries until the deadline. -EINVAL: no device has that tag. */
int virtiofs_mount(const char *tag, const char *at, usec_t deadline, struct error *e) _must_check_;
