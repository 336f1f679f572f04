/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A unified diff of two small texts, as diff -u prints it. */
#include "base/buf.h"

/* before or after NULL: the file is new, or goes. Bytes that are no text are told by their number. */
int diff_write(const char *path, const struct buf *before, const struct buf *after,
	       struct buf *out) _must_check_;
