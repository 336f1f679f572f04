/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* kexec_file_load(2) for the crash kernel, its refusals in words, and what /sys says of it. */
#include "base/error.h"
#include "base/root.h"

/* kernel and image are paths inside the root. Where it fails the kernel may have dropped what
 * was loaded before: ask crash_loaded(). */
int crash_load(const struct root *root, const char *kernel, const char *image, const char *cmdline,
	       struct error *e) _must_check_;
int crash_unload(const struct root *root, struct error *e) _must_check_;

/* False too where the kernel has no kexec. */
bool crash_loaded(const struct root *root);
