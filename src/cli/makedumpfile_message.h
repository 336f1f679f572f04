/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What is said when called as makedumpfile, and where: its message levels, its progress lines, its report. Scripts read them.
 */
#include <stdio.h>

#include "base/progress.h"
#include "save/save.h"

/* --message-level */
#define MDF_SAYS_PROGRESS 1u
#define MDF_SAYS_COMMON 2u
#define MDF_SAYS_ERROR 4u
#define MDF_SAYS_DEBUG 8u
#define MDF_SAYS_REPORT 16u
#define MDF_SAYS_DEFAULT 7u

/* Before anything is said. to_stderr: standard output is the dump itself. */
void mdf_message_init(unsigned level, bool to_stderr);

/* A line of that kind, where the level has it: errors to standard error, the others to standard output. */
void mdf_say(unsigned kind, const char *fmt, ...) _printf_(2, 3);
bool mdf_says(unsigned kind);
FILE *mdf_out(void);

/* For progress_begin() and so on; tells the time of each phase in a report, too. unit has no use here. */
void mdf_progress(struct progress *ret, uint64_t unit);

/* Pages by kind, of those below max_pfn. */
void mdf_report(const struct save_result *result, uint64_t max_pfn);

/* "The dumpfile is saved to a.", or several. */
void mdf_saved(char *const *names, int count);
