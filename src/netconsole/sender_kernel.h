/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the running kernel has of netconsole, and what of its log it would send. */
#include "base/root.h"
#include "netconsole/sender_target.h"

enum sender_kernel {
	SENDER_DYNAMIC,	  /* targets are made in configfs */
	SENDER_PARAMETER, /* a module without configfs: loaded with its targets */
	SENDER_BUILT_IN,  /* neither: netconsole= on the kernel's command line */
};

/* Mounts configfs and loads the module where that is needed. */
int sender_kernel_prepare(const struct root *root, enum sender_kernel *ret,
			  struct error *e) _must_check_;

/* Loads the module with that string. */
int sender_kernel_load(const char *targets, struct error *e) _must_check_;

/* Lines about levels of the log that are not sent. */
int sender_kernel_notes(const struct root *root, struct buf *notes) _must_check_;

#define SENDER_NAME_SIZE 65

/* This machine's name and this boot's id; "" where not known. */
void sender_kernel_names(const struct root *root, char ret_host[SENDER_NAME_SIZE],
			 char ret_boot[SENDER_NAME_SIZE]);
