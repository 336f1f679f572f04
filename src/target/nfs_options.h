/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The options of an NFS mount as text: from the plan's to what mount(2) takes, which is what mount.nfs(8) hands to the kernel. */
#include "base/buf.h"
#include "base/macro.h"

#define NFS_VERSION_SIZE 8

/* The value of NAME=VALUE among comma-separated options, and its length; NULL where it is not there. */
const char *nfs_option(const char *options, const char *name, size_t *ret_len);

/* Whether options name no version, this one, or a family of it: vers=4 is each of 4.2, 4.1 and 4.0. */
bool nfs_options_allow(const char *options, const char *version);

/* given: the file system's own options; server: a numeric address. Appends to ret. */
int nfs_options_format(const char *given, const char *version, const char *server,
		       struct buf *ret) _must_check_;
