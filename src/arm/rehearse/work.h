/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The directory of a rehearsal's files: initramfs, stand-ins, consoles. */
#include <limits.h>

#include "base/error.h"

/* keep: a directory of the user's, made where it is not there; NULL: one of our own. */
int work_make(const char *keep, char ret[PATH_MAX], struct error *e) _must_check_;

/* With all that is in it, unless it is to be kept. */
void work_remove(const char *path, const char *keep);
