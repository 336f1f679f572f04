/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A file that is appended to and rotated: NAME.log, NAME.log.1, … in a directory. Lines wait in memory until they are
 * written. What a full disk does not take is dropped and counted, never by halves; a file that could not be opened is tried
 * again at the next write; the first line after that says how many there were.
 */
#include "base/buf.h"
#include "netconsole/output.h"

#define LOG_FILE_NAME 128 /* with the NUL */

struct log_file {
	int fd; /* -1: to be opened */
	uint64_t size;
	uint64_t begun; /* by the wall clock in seconds; 0: empty */
	struct buf waiting;
	uint64_t lost; /* lines since the last that was written */
	bool notes;    /* the first that waits tells of them */
	char name[LOG_FILE_NAME];
};

/* 0, 1 where the file was made, or a negative errno: -ENOENT where it is not there and may not be made. */
int log_file_open(struct log_file *l, int dir, bool make) _must_check_;

/* Before lines are added to what waits. received_us: of the record. */
void log_file_begin(struct log_file *l, uint64_t received_us);

/* Writes what waits. What failed is counted in stats. */
void log_file_write(struct log_file *l, int dir, struct output_stats *stats);

/* What waits is written; NAME.log becomes NAME.log.1, and so on; more than `keep` are removed. */
void log_file_rotate(struct log_file *l, int dir, uint64_t keep, struct output_stats *stats);

/* Without writing. */
void log_file_close(struct log_file *l);
