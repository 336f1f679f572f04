/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The parts of `log` that are not in the ring buffer.
 */
#include "inspect/command.h"

/* -a: what the audit daemon has not fetched, "type=1300 audit(…): …". -ENODATA where there is none. */
int log_audit(struct inspect *c, struct error *e) _must_check_;

/* -s: what was said where printk could not take its lock: buffers of each CPU, until 5.14. -ENOENT on kernels without. */
int log_safe(struct inspect *c, struct error *e) _must_check_;
