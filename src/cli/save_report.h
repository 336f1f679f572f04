/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * What `lastword save` says of a dump it made, in words or as JSON (docs/save.md).
 */
#include "cli/command.h"
#include "cli/save_request.h"

struct save_report {
	const struct save_request *request;
	const struct save_result *result;
	uint32_t page_size;
	double seconds;
};

/* On standard output, or standard error where that is the dump itself. The exit status. */
int save_report_print(const struct cli *cli, const struct save_report *rep);

/* A line on standard output, where there are such pages. */
void save_report_pages(const char *words, uint64_t pages, const char *fate);
