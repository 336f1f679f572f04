/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * makedumpfile's command line: every option of version 1.7.8, what it means here or why it is refused.
 */
#include <stdio.h>

#include "cli/options.h"
#include "cli/save_request.h"

enum mdf_job {
	MDF_CREATE,
	MDF_HELP,
	MDF_VERSION,
	MDF_REARRANGE,
	MDF_REASSEMBLE,
	MDF_DMESG,
	MDF_MEM_USAGE,
	MDF_VMCOREINFO,
};

struct mdf_options {
	struct save_request save;
	int job;	 /* an mdf_job */
	bool check_only; /* --check-params */
	bool partial_dmesg;
	struct option_address vtop;

	/* What it is made without. */
	const char *vmlinux, *vmcoreinfo, *generate;

	uint64_t message_level; /* MDF_SAYS_* */
	bool show_stats, debug;

	char **operands;
	int operand_count;
};

/*
 * Fills ret, also in part where it fails: where messages go depends on it. -EINVAL with words. An option nobody knows is told by
 * getopt itself.
 */
int mdf_options_parse(int argc, char **argv, struct mdf_options *ret, struct error *e) _must_check_;

void mdf_options_help(FILE *out);
