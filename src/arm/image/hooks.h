/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The administrator's programs of the capture kernel: kdump_pre, kdump_post, kdump_emergency, what is in
 * /etc/kdump/{pre,post,emergency}.d, extra_bins, and the shell of failure_action.
 */
#include "arm/config/config.h"
#include "arm/image/program.h"

/*
 * In the order in which they run, as kdump-utils runs them: kdump_pre before pre.d, the others behind their directories. The
 * plan takes hooks and shell, `programs` all files. A file of a directory that is not executable is left out, and notes say so;
 * what the configuration names must be there, with its interpreter and libraries.
 */
int hooks_find(const struct root *root, const struct config *c, struct plan *p,
	       struct programs *programs, struct buf *notes, struct error *e) _must_check_;
