/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What drivers take of a capture kernel's memory beyond what virtio does, as far as somebody measured it and said so in public.
 * Whether a driver holds back in a capture kernel its module tells: it asks for one of two symbols.
 */
#include "base/macro.h"

enum driver_restraint {
	DRIVER_TAKES_ALL, /* it does not know where it runs */
	DRIVER_KNOWS,	  /* is_kdump_kernel(), which looks at elfcorehdr_addr */
	DRIVER_BY_WORD,	  /* it looks for reset_devices on the command line */
};

/* module: the content of the .ko file, not packed. */
enum driver_restraint driver_restraint(const void *module, size_t len);

struct driver_memory {
	const char *module;
	uint64_t all, held_back; /* bytes in either case; 0: nobody said */
	uint64_t page; /* the figures are of a machine with pages of so many bytes; 0: of 4096 */
	const char *source; /* who measured it, NULL where nobody did */
};

/* NULL: nothing is known of it, or it is known to take little. */
const struct driver_memory *driver_memory_find(const char *module);
