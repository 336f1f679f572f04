/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/dump_name.h"

#include <stdio.h>
#include <stdlib.h>

void dump_name_format(const char *host_ip, const char *zone, time_t when, char *buf, size_t size)
{
	struct tm tm = { .tm_mday = 1 };
	char stamp[64];

	setenv("TZ", zone[0] ? zone : "UTC0", 1);
	tzset();
	localtime_r(&when, &tm);
	if (strftime(stamp, sizeof(stamp), "%Y-%m-%d-%H:%M:%S", &tm) == 0)
		snprintf(stamp, sizeof(stamp), "%lld", (long long)when);
	snprintf(buf, size, "%s-%s", host_ip, stamp);
}
