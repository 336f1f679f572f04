/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The machine that crashed. What cannot be found stays 0, false or "".
 */
#include "inspect/command.h"

struct machine {
	uint32_t cpus, offline; /* present; of them not online */
	int64_t crash_time;	/* seconds since the epoch */
	bool has_uptime, has_load;
	uint64_t uptime;    /* seconds */
	uint64_t uptime_ns; /* the same, as fine as it is known */
	double load[3];
	char nodename[65], version[65], machine[65];
	uint64_t mhz;
	uint64_t hz;	 /* timer interrupts a second; 0: not known */
	uint64_t memory; /* bytes the kernel manages */
	uint64_t taints;
};

void machine_find(struct inspect *c, struct machine *ret);
