/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What an NFS server exports: lines of exports(5), and of /var/lib/nfs/etab, which exportfs makes of them with all options
 * spelt out. Pure. Text is hostile.
 */
#include "base/macro.h"

#define EXPORT_TEXT_MAX 256

struct export
{
	char directory[EXPORT_TEXT_MAX];
	char client[EXPORT_TEXT_MAX];  /* "*", "10.0.0.0/24", "host" */
	char options[EXPORT_TEXT_MAX]; /* with a comma at both ends: ",rw,sync," */
};

/* The next client of the next export behind *pos, which moves on; false at the end. Comments and blank lines are passed over; */
/* *state is "" at first and keeps the directory of a line with several clients. */
bool export_next(const char **pos, char state[EXPORT_TEXT_MAX], struct export *ret);

/* option: with its commas, ",rw,". */
bool export_has(const struct export *x, const char *option);
