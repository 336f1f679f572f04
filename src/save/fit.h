/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A dump into a sink that may be too small: nothing is left out while it may fit, then what is missed least first.
 */
#include "save/save.h"

/* select and write do what the options and res->level say; select replaces *sel. */
struct fit_job {
	struct dumpfile *dump;
	const struct select_kernel *kernel; /* NULL: not understood */
	const struct save_options *options;
	struct sink *sink;
	struct selection *sel;
	struct save_result *res;
	int (*select)(struct fit_job *j, struct error *e);
	int (*write)(struct fit_job *j, struct error *e);
	void *user;

	unsigned stage; /* of leaving out more, to be tried next */
	bool failed;	/* the disk was full once */
	bool made_room; /* by the last means, for a dump begun anew */
};

/* Once the first selection is made. Without options->room it writes, and that is all. */
int fit_write(struct fit_job *j, struct error *e) _must_check_;
