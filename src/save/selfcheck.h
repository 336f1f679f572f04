/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Is the selection believable? The kernel's own pages whose address is known must be kept, and where the kernel counts free
 * pages some must have been found. A kernel whose struct page has moved on shows here, before anything is written.
 */
#include "save/select.h"

enum selfcheck {
	SELFCHECK_OK,
	SELFCHECK_FREE_UNSEEN, /* the kernel counts free pages, the scan found far fewer: the dump is only large */
	SELFCHECK_FREE_TOO_MANY, /* more than the kernel counts: some of them are in use */
	SELFCHECK_KERNEL_LOST,	 /* a page of the kernel itself was left out */
};

/* why gets the words for anything but SELFCHECK_OK. What cannot be checked is OK. */
enum selfcheck selfcheck(struct kernel *k, const struct memmap *m, const struct selection *s,
			 char *why, size_t why_size);
