/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "capture/dump_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STAMP "%Y-%m-%d-%H:%M:%S"

static void set_zone(const char *zone)
{
	setenv("TZ", zone[0] ? zone : "UTC0", 1);
	tzset();
}

void dump_name_format(const char *host_ip, const char *zone, time_t when, char *buf, size_t size)
{
	struct tm tm = { .tm_mday = 1 };
	char stamp[64];

	set_zone(zone);
	localtime_r(&when, &tm);
	if (strftime(stamp, sizeof(stamp), STAMP, &tm) == 0)
		snprintf(stamp, sizeof(stamp), "%lld", (long long)when);
	snprintf(buf, size, "%s-%s", host_ip, stamp);
}

bool dump_name_parse(const char *name, const char *host_ip, const char *zone, time_t *ret)
{
	struct tm tm = { .tm_isdst = -1 };
	size_t len = strlen(host_ip);
	const char *end;

	if (strncmp(name, host_ip, len) != 0 || name[len] != '-')
		return false;
	end = strptime(name + len + 1, STAMP, &tm);
	if (!end || (*end != '\0' && *end != '-'))
		return false;
	set_zone(zone);
	*ret = mktime(&tm);
	return *ret != -1;
}
