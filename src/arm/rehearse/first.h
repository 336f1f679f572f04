/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The first kernel of a rehearsal: an initramfs with lastword-stage (src/stage), the kernel to load, the capture image and its
 * command line as they are, and the words that both sides know. No module, no disk.
 */
#include "base/buf.h"
#include "base/error.h"
#include "base/root.h"

/* In the initramfs. */
#define FIRST_KERNEL "/capture/kernel"
#define FIRST_IMAGE "/capture/image"
#define FIRST_CMDLINE "/capture/cmdline"

/* On the console: FIRST_SAYS "SECONDS s: TEXT". */
#define FIRST_SAYS "lastword-stage: "
#define FIRST_RESERVED "reserved "
#define FIRST_LOADED "the capture kernel is loaded; crashing"
#define FIRST_FAILED "failed: "

/* kernel: a path inside the root. The initramfs' bytes. */
int first_pack(const struct root *root, const char *kernel, const struct buf *image,
	       const char *cmdline, struct buf *ret, struct error *e) _must_check_;

/* Its own command line. crashkernel in bytes. */
int first_cmdline(uint64_t crashkernel, struct buf *ret) _must_check_;
