/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A process's memory areas: a list until 6.0, a maple tree since 6.1.
 */
#include "inspect/path.h"

#define MAPPED_MAX                                                                                 \
	1000000 /* areas of one process; sysctl_max_map_count is 65530 where nobody raised it */

struct mapped_area {
	uint64_t addr; /* of its vm_area_struct */
	uint64_t start, end, flags;
	uint64_t offset;       /* in the file, in pages */
	struct path_file file; /* addr 0: memory of no file */
};

/*
 * By address. emit returns non-zero to stop. Errors of the walk where areas cannot be reached; those that can were told. paths may
 * be NULL: of .file only addr is then set.
 */
int mapped_each(struct inspect *c, struct paths *paths, uint64_t mm,
		int (*emit)(void *user, const struct mapped_area *area), void *user,
		struct error *e) _must_check_;

/* "READ|WRITE|MAYREAD": the names of vm_flags that have had the same place in all kernels since 4.0. */
#define MAPPED_FLAGS_SIZE 400
void mapped_flags(uint64_t flags, char ret[MAPPED_FLAGS_SIZE]);
