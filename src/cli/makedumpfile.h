/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The jobs of `makedumpfile`. Each says what went wrong and returns its exit status.
 */
#include "cli/makedumpfile_options.h"
#include "kernel/kernel.h"

/* vmcoreinfo given with -i is of another kernel than the dump. */
#define MDF_EXIT_MISMATCH 2

int mdf_create(const struct mdf_options *o);
int mdf_rearrange(const struct mdf_options *o);
int mdf_reassemble(const struct mdf_options *o);
int mdf_dmesg(const struct mdf_options *o);
int mdf_mem_usage(const struct mdf_options *o);
int mdf_vmcoreinfo(const struct mdf_options *o);

/* A dump and its kernel; *ret_k stays NULL, with a message, where there is none. Exit status. */
int mdf_open(const struct mdf_options *o, const char *path, struct dumpfile **ret_d,
	     struct kernel **ret_k);

/* "makedumpfile Failed." behind the words of e; EXIT_FAILURE. */
int mdf_failed(const struct error *e);

/* "makedumpfile Completed."; EXIT_SUCCESS. */
int mdf_completed(void);
