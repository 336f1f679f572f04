/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What a kernel that has just started needs before anything runs in it: proc, sysfs, devtmpfs, and settings of its memory
 * management that suit a machine with 60 MiB and one job.
 */
void setup_mounts(void);

/* Again by a worker that follows another: what a dead device will never take does not count against the next. */
void setup_memory(void);

/* One setting in /proc. A kernel that does not have it does without. Allocates nothing. */
void setting_write(const char *path, const char *text);
