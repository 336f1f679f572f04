/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The machine's watchdogs, as /sys/class/watchdog has them
 * (Documentation/ABI/testing/sysfs-class-watchdog). One that runs would reset the machine in the
 * middle of a dump, so each driver goes into the image. The kernel's own software watchdog is no
 * hardware: it is packed where it is in use.
 */
#include "arm/config/config.h"
#include "arm/image/modules.h"

#define WATCHDOGS_PACKED_MAX 4

struct watchdogs_found {
	char *syspaths[WATCHDOGS_PACKED_MAX]; /* below /sys/devices; of hardware */
	size_t syspaths_count;
	char *named
		[WATCHDOGS_PACKED_MAX]; /* modules of those whose device is not known, and softdog */
	size_t named_count;
	struct buf cmdline; /* words for the capture kernel's command line */
	struct buf words;   /* for people: "i6300ESB timer"; no data where there is none */
};

/* What the user has to know goes into the configuration's notes. */
int watchdogs_find(const struct root *root, const char *release, struct config *c,
		   struct watchdogs_found *ret, struct error *e) _must_check_;

/* Their modules come before all others: the time to the first sign of life is short. */
void watchdogs_want_modules(const struct watchdogs_found *w, struct modules_wanted *to);

void watchdogs_done(struct watchdogs_found *w);
