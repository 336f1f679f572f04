/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Writes text out of a dump to a new file that only its owner can read: it can hold anything, passwords included. -EEXIST, with
 * words, where it is there and force is not given; what could not be written whole is removed again.
 */
#include "base/buf.h"
#include "base/error.h"

int write_new_file(const char *path, bool force, const struct buf *text,
		   struct error *e) _must_check_;
