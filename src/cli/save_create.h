/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Makes what a request says: each level until the dump fits, into one file, several, or standard output.
 */
#include "cli/save_request.h"
#include "kernel/kernel.h"

struct save_create {
	const struct save_request *request;
	struct dumpfile *dump;
	struct kernel *kernel; /* may be NULL */
	/* How progress is shown; unit: bytes a step stands for. */
	void (*progress)(struct progress *ret, uint64_t unit);
	/* A dump that does not fit has its own name, too; else it has that of an incomplete one. */
	bool names_incomplete;
	/* Said before the next level is tried, and of each file that holds what fitted. */
	void (*again)(const struct error *why, unsigned level);
	void (*kept)(const char *path, const struct save_result *result);

	struct save_result result; /* of the last level tried */
};

/* -ENOSPC and the like with result.incomplete: what is there can be read as far as it goes. */
int save_create(struct save_create *c, struct error *e) _must_check_;
