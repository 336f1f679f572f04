/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Mount options as fstab(5) writes them, for mount(2): words the VFS knows become flags, words only mount(8) and its
 * helpers know are dropped, the rest is the file system's.
 */
#include "base/buf.h"
#include "base/macro.h"

/* data is appended to. A dump target is written to, so `ro` is dropped as well. */
int mount_options_split(const char *options, unsigned long *ret_flags,
			struct buf *data) _must_check_;
