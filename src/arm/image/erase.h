/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* makedumpfile --config of core_collector: a file that says what kernel data must not be told (save/erase_config.h). */
#include "base/buf.h"
#include "base/error.h"
#include "base/root.h"

/* Where it is in the image. */
#define ERASE_PATH "/etc/makedumpfile.conf"

/* Its text, which was understood: in the capture kernel nobody could mend it. */
int erase_read(const struct root *root, const char *path, struct buf *ret,
	       struct error *e) _must_check_;

/*
 * Is all that it names in the running kernel, whose crash is to be saved? The capture kernel would save no dump where it is not.
 * A kernel that cannot be looked at (no /proc/kcore, lockdown) is noted.
 */
int erase_check(const char *text, size_t len, struct buf *notes, struct error *e) _must_check_;
