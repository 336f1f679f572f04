/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What netconsole is told of one receiver, as a string for the boot loader or modprobe:
 *	[+]PORT@ADDRESS/DEVICE,PORT@ADDRESS/MAC
 * (Documentation/networking/netconsole.rst). The release is not asked for: kernels before 6.6 refuse the letter. The kernel cuts all of them at 256 bytes without a word.
 */
#include "netconsole/sender_path.h"

#define SENDER_PORT 6665 /* ours */
#define SENDER_STRING_MAX 255

struct sender_target {
	struct sender_path path;
	uint16_t port; /* ours */
	bool extended, release;
};

/* Of all targets, ';' between. -E2BIG where the kernel would cut it. */
int sender_string(const struct sender_target *targets, size_t count, struct buf *ret,
		  struct error *e) _must_check_;
