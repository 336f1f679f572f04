/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"
#include "base/root.h"

/* A login without a password on each SSH target of kdump.conf. say: one line, "%s" and the like. Exit status. */
int propagate_all(const struct root *root, bool accept_new,
		  void (*say)(const char *fmt, ...) _printf_(1, 2));
