/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "capture/worker.h"

/*
 * The log phase: opens /proc/vmcore as a dump and as a kernel, and saves vmcore-dmesg.txt where the target takes files. What
 * cannot be understood is said and is no error: the dump is saved all the same. A log that cannot be written is one.
 */
int log_save(struct worker *w, struct error *e) _must_check_;
