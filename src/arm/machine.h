/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Small facts of the running system, read through the root. Strings are newly allocated. */
#include "arm/config/sysconfig.h"
#include "base/error.h"
#include "base/root.h"

int machine_release(const struct root *root, char **ret, struct error *e) _must_check_;
int machine_boot_id(const struct root *root, char **ret, struct error *e) _must_check_;

/*
 * The release of the kernel that captures: the one that /etc/sysconfig/kdump names, whose modules must be there; else the running one's,
 * or of "-debug" and "+debug" the plain one's, where its modules are there.
 */
int machine_capture_release(const struct root *root, const struct sysconfig *s, char **ret,
			    struct error *e) _must_check_;

/* Its image, a path inside the root. */
int machine_kernel_image(const struct root *root, const struct sysconfig *s, const char *release,
			 char **ret, struct error *e) _must_check_;

/* lastword-init: $LASTWORD_INIT, or where it is installed, or beside this program. A path of the
 * system, not of the root. */
int machine_init_program(const struct root *root, char **ret, struct error *e) _must_check_;

/* The POSIX TZ string of /etc/localtime, "" for UTC: the last line of a TZif file of version 2
 * or later (RFC 8536, 3.3). */
int machine_timezone(const struct root *root, char **ret) _must_check_;

/* Pure part of the above. tzif: hostile. */
int timezone_footer(const char *tzif, size_t len, char **ret) _must_check_;
