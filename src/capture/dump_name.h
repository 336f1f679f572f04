/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <time.h>

#include "base/macro.h"

/* HOSTIP-YYYY-MM-DD-HH:MM:SS in the local time of a POSIX TZ string ("" is UTC), as kdump names its
 * directories. Changes the process's TZ. */
void dump_name_format(const char *host_ip, const char *zone, time_t when, char *buf, size_t size);

/* The other way round: when a directory of that host was made; "-1" or the like may be behind its
 * name. False for any other name. Changes the process's TZ. */
bool dump_name_parse(const char *name, const char *host_ip, const char *zone, time_t *ret);
