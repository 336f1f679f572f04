/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * `lastword save --resume`: goes on with a dump that was cut short, and mends one that was damaged.
 */
#include "cli/command.h"
#include "save/save.h"

struct resume_arguments {
	const struct save_options *save;
	unsigned level;	  /* LEVEL_ALL: that of the file */
	unsigned threads; /* 0: one for each CPU */
	bool force;	  /* replace destination by what its incomplete form becomes */
	const char *source, *destination;
};

/* The exit status. */
int save_resume(const struct cli *cli, const struct resume_arguments *a);
