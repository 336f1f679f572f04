/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

/* A line "KEY: NUMBER kB" of /proc/meminfo or "KEY NUMBER" of /proc/vmstat, the number as it is there; false where there is none.
 * Pure, allocates nothing. */
bool meminfo_get(const char *text, const char *key, uint64_t *ret);

/* KiB of "System RAM" in the text of /proc/iomem: what the kernel was given, itself included. */
uint64_t meminfo_given(const char *iomem);

/* The memory of the capture kernel as the supervisor saw it, in KiB. */
struct meminfo_mark {
	int meminfo_fd, vmstat_fd;
	uint64_t given;
	uint64_t total;
	uint64_t lowest_available;
	uint64_t lowest_free;
	uint64_t oom_kills;
};

/* Opens what it reads. A kernel without these files costs the numbers. */
void meminfo_begin(struct meminfo_mark *m);
void meminfo_sample(struct meminfo_mark *m);
