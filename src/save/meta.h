/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What the headers of a saved dump tell about the machine, from the source and from the kernel in it.
 */
#include "dumpfile/kdump_write.h"
#include "kernel/kernel.h"

/* Fills page_size, max_pfn, phys_base, crash_time, utsname, ranges and notes. k may be NULL. *ret_notes holds the notes, with room
 * for one more, for as
 * long as m is used; to be freed. */
int meta_fill(struct dumpfile *d, struct kernel *k, struct kdump_meta *m,
	      struct dump_note **ret_notes, struct error *e) _must_check_;
